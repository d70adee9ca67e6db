/* SPDX-License-Identifier: MIT */
/*
 * HVM parameters from inside the domain.
 *
 * Expect: the guest's own are readable and the ones meant for it writable;
 * those of the toolstack and of the device model are neither.
 */
#include "lib.h"

#define NO_SUCH_DOMAIN 0x7000

static void check_readable(void)
{
    static const struct
    {
        unsigned int index;
        const char *name;
    } params[] = {
        { HVM_PARAM_STORE_PFN, "STORE_PFN" },
        { HVM_PARAM_STORE_EVTCHN, "STORE_EVTCHN" },
        { HVM_PARAM_CONSOLE_PFN, "CONSOLE_PFN" },
        { HVM_PARAM_CONSOLE_EVTCHN, "CONSOLE_EVTCHN" },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(params); i++ )
    {
        uint64_t val = 0;

        check_rc(params[i].name, hvm_get_param(params[i].index, &val), 0);
        printf("%s is %#lx\n", params[i].name, val);
        check(val != 0, params[i].name);
    }
}

static void check_toolstack_only(void)
{
    static const unsigned int hidden[] = {
        HVM_PARAM_IOREQ_PFN,
        HVM_PARAM_BUFIOREQ_PFN,
        HVM_PARAM_TIMER_MODE,
        HVM_PARAM_PAGING_RING_PFN,
        HVM_PARAM_NR_IOREQ_SERVER_PAGES,
    };
    static const unsigned int fixed[] = {
        HVM_PARAM_STORE_PFN,    HVM_PARAM_CONSOLE_PFN, HVM_PARAM_TIMER_MODE,
        HVM_PARAM_IDENT_PT,     HVM_PARAM_ALTP2M,      HVM_PARAM_IOREQ_PFN,
        HVM_PARAM_ACPI_S_STATE,
    };
    uint64_t val;

    for ( unsigned int i = 0; i < ARRAY_SIZE(hidden); i++ )
    {
        long rc = hvm_get_param(hidden[i], &val);

        if ( rc != -XEN_EPERM )
            test_failure("reading parameter %u: got %ld, want %d", hidden[i],
                         rc, -XEN_EPERM);
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(fixed); i++ )
    {
        long rc = hvm_set_param(fixed[i], 1);

        if ( rc != -XEN_EPERM )
            test_failure("writing parameter %u: got %ld, want %d", fixed[i], rc,
                         -XEN_EPERM);
    }
}

static void check_bad_arguments(void)
{
    struct xen_hvm_param p = { .domid = NO_SUCH_DOMAIN,
                               .index = HVM_PARAM_STORE_PFN };
    uint64_t val;

    check_rc("get of no domain", hvm_op(HVMOP_get_param, &p), -XEN_ESRCH);
    check_rc("set of no domain", hvm_op(HVMOP_set_param, &p), -XEN_ESRCH);
    check_rc("get out of range", hvm_get_param(HVM_NR_PARAMS, &val),
             -XEN_EINVAL);
    check_rc("set out of range", hvm_set_param(HVM_NR_PARAMS, 0), -XEN_EINVAL);
    check_rc("get far out of range", hvm_get_param(~0u, &val), -XEN_EINVAL);
}

/* The older way to name the upcall's vector: no local APIC, so no EOI. */
#define CALLBACK_VECTOR 0xe3

static volatile unsigned int callbacks;

static void handle_callback(struct regs *regs)
{
    (void)regs;
    shared_info.vcpu_info[0].evtchn_upcall_pending = 0;
    shared_info.vcpu_info[0].evtchn_pending_sel = 0;
    callbacks++;
}

static void check_callback(void)
{
    uint64_t val,
        want = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | CALLBACK_VECTOR;
    evtchn_port_t port;

    irq_set_handler(CALLBACK_VECTOR, handle_callback);
    check_rc("set CALLBACK_IRQ", hvm_set_param(HVM_PARAM_CALLBACK_IRQ, want),
             0);
    check_rc("get CALLBACK_IRQ", hvm_get_param(HVM_PARAM_CALLBACK_IRQ, &val),
             0);
    check_eq("it reads back", val, want);

    check_rc("bind_ipi", evtchn_bind_ipi(0, &port), 0);
    irq_enable();
    evtchn_mask(port, false);
    check_rc("send", evtchn_send(port), 0);
    check(wait_for(callbacks == 1, MS(10)), "the callback came");
    evtchn_clear(port);
    check_rc("send", evtchn_send(port), 0);
    check(wait_for(callbacks == 2, MS(10)), "and again, without any EOI");
    irq_disable();
}

void test_main(void)
{
    check_readable();
    check_toolstack_only();
    check_bad_arguments();
    check_callback();
}
