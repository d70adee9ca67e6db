/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/arch/x86/hvm/vcpu-context.c */
/* TEST-SOURCES: xen/common/vcpu-op.c xen/common/sched-op.c */
/* TEST-SOURCES: xen/common/event-port.c xen/common/event-send.c */
/* TEST-SOURCES: xen/common/event-2l.c xen/common/event-fifo.c */
/* TEST-SOURCES: xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* vcpu_op and sched_op: what vCPUs of one domain may do at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/event.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <xen/sched.h>
#include <xen/vcpu-op.h>
#include <xen/watchdog.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/sched.h>
#include <asm/processor.h>

#define GUEST_ID 5
#define INFO_GFN 0x10

static struct domain *guest;
static struct vcpu *v0, *v1;

/* --- What the operations rest on. --- */

static unsigned int wakes, timers_set, contexts_loaded, shutdowns;
static bool comes_up_while_loading;

void vcpu_wake(struct vcpu *v)
{
    wakes++;
}

void vcpu_sleep(struct vcpu *v)
{
}

void vcpu_pause_nosync(struct vcpu *v)
{
    v->pause_count++;
}

void vcpu_unpause(struct vcpu *v)
{
    v->pause_count--;
}

int hvm_load_cpu_ctxt(struct vcpu *v, const struct hvm_hw_cpu *c)
{
    (void)c;
    assert_true(spin_is_locked(&v->domain->regs_lock));
    /* Another vCPU's VCPUOP_up at this moment must not start it. */
    if ( comes_up_while_loading )
        v->pause_flags &= ~VPF_down;
    assert_int_not_equal(v->pause_flags | v->pause_count, 0);
    contexts_loaded++;
    return 0;
}

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void set_timer(struct timer *t, s_time_t expires)
{
    t->queued = true;
    t->expires = expires;
    timers_set++;
    /* There is but one set of watchdogs, whoever comes first. */
    if ( guest->watchdog && t == &guest->watchdog[0].timer )
        assert_true(spin_is_locked(&guest->lock));
}

void stop_timer(struct timer *t)
{
    t->queued = false;
}

void kill_timer(struct timer *t)
{
    stop_timer(t);
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
    shutdowns++;
}

void pvclock_update(struct vcpu *v)
{
}

void pvclock_fill(const struct vcpu *v, vcpu_time_info_t *t)
{
    memset(t, 0, sizeof(*t));
}

void vcpu_runstate_get(const struct vcpu *v, vcpu_runstate_info_t *out)
{
    *out = (vcpu_runstate_info_t){ .state = RUNSTATE_offline,
                                   .state_entry_time = 0x1234567890,
                                   .time = { 1, 2, 3, 4 } };
}

void vcpu_runstate_last(const struct vcpu *v, vcpu_runstate_info_t *out)
{
    *out = (vcpu_runstate_info_t){ .state = RUNSTATE_running };
}

void vcpu_block(void)
{
}

void vcpu_yield(void)
{
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
    return 0;
}

void hvm_inject_nmi(struct vcpu *v)
{
}

bool hvm_vcpu_has_pending_irq(struct vcpu *v)
{
    return false;
}

uint64_t hvm_get_rflags(void)
{
    return 0;
}

void guest_printk(const struct domain *d, const char *fmt, ...)
{
}

/* --- */

static int setup(void **state)
{
    (void)state;
    guest = test_domain_create(GUEST_ID, 2, false);
    v0 = guest->vcpu[0];
    v1 = guest->vcpu[1];
    vcpu_info_reset(v0);
    vcpu_info_reset(v1);
    v1->pause_flags = VPF_down;
    test_add_ram(guest, INFO_GFN);
    test_become(guest);
    wakes = timers_set = contexts_loaded = shutdowns = 0;
    comes_up_while_loading = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    domain_watchdog_destroy(guest);
    test_domains_destroy();
    assert_int_equal(test_pages_in_use(), 0);
    return 0;
}

static long initialise(struct vcpu *v)
{
    struct vcpu_hvm_context c = { .mode = VCPU_HVM_MODE_32B };

    return do_vcpu_op(VCPUOP_initialise, v->vcpu_id, (unsigned long)&c, 0, 0);
}

static void registers_of_a_vcpu_that_is_down(void **state)
{
    (void)state;
    assert_int_equal(initialise(v1), 0);
    assert_int_equal(contexts_loaded, 1);
    assert_int_equal(v1->pause_count, 0);
    assert_false(spin_is_locked(&guest->regs_lock));
    /* Not its own, and not of one that is up. */
    assert_int_equal(initialise(v0), -EEXIST);
    v1->pause_flags = 0;
    assert_int_equal(initialise(v1), -EEXIST);
    assert_int_equal(contexts_loaded, 1);
    assert_int_equal(v1->pause_count, 0);
}

static void nobody_runs_it_meanwhile(void **state)
{
    (void)state;
    comes_up_while_loading = true;
    assert_int_equal(initialise(v1), 0);
    /* One that is on its way off a pCPU, or in another's hands, has time. */
    v1->pause_flags = VPF_down;
    v1->is_running = true;
    assert_int_equal(initialise(v1), -ERESTART);
    v1->is_running = false;
    spin_lock(&guest->regs_lock);
    assert_int_equal(initialise(v1), -ERESTART);
    spin_unlock(&guest->regs_lock);
    assert_int_equal(contexts_loaded, 1);
    assert_int_equal(initialise(v1), 0);
}

static long register_info(struct vcpu *v, uint64_t gfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = { .mfn = gfn, .offset = offset };

    return do_vcpu_op(VCPUOP_register_vcpu_info, v->vcpu_id,
                      (unsigned long)&info, 0, 0);
}

static void vcpu_info_is_registered_once(void **state)
{
    uint8_t *page = test_guest_memory(guest, INFO_GFN);
    unsigned int pages = test_pages_in_use();

    (void)state;
    v1->vcpu_info->evtchn_upcall_mask = 7;
    assert_int_equal(register_info(v1, INFO_GFN, PAGE_SIZE - 4), -ENXIO);
    assert_int_equal(register_info(v1, INFO_GFN + 1, 64), -EINVAL);
    assert_int_equal(register_info(v1, INFO_GFN, 64), 0);
    assert_ptr_equal(v1->vcpu_info, page + 64);
    assert_int_equal(v1->vcpu_info->evtchn_upcall_mask, 7);
    assert_int_equal(v1->vcpu_info->evtchn_upcall_pending, 1);
    /* A second time would lose count of the page: it was freed else. */
    assert_int_equal(register_info(v1, INFO_GFN, 128), -EINVAL);
    assert_ptr_equal(v1->vcpu_info, page + 64);
    assert_false(spin_is_locked(&guest->lock));
    assert_int_equal(p2m_remove_ram(guest, _gfn(INFO_GFN)), 0);
    assert_int_equal(test_pages_in_use(), pages);
    vcpu_info_unmap(v1);
    assert_int_equal(test_pages_in_use(), pages - 1);
    assert_ptr_equal(v1->vcpu_info, &guest->shared_info->vcpu_info[1]);
}

static void vcpu_info_of_32bit_code(void **state)
{
    uint8_t *page = test_guest_memory(guest, INFO_GFN);

    (void)state;
    assert_int_equal(register_info(v1, INFO_GFN, 68), -ENXIO);
    guest->arch.has_32bit_shinfo = true;
    assert_int_equal(register_info(v1, INFO_GFN, 66), -ENXIO);
    assert_int_equal(register_info(v1, INFO_GFN, 68), 0);
    /* All of the selector, and nothing behind it. */
    assert_int_equal(page[68], 1);
    assert_int_equal(*(uint32_t *)(page + 72), ~0u);
    assert_int_equal(*(uint32_t *)(page + 76), 0);
    vcpu_info_unmap(v1);
}

/* A vcpu_op of v1 by v0 in 32-bit code. */
static long op_32(unsigned int cmd, const void *arg)
{
    long rc;

    test_become_32bit(guest);
    rc = do_vcpu_op(cmd, 1, (unsigned long)arg, 0, 0);
    test_become(guest);
    return rc;
}

static void run_states_of_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *info = arg + 16;

    (void)state;
    info[11] = 0xabcd;
    assert_int_equal(op_32(VCPUOP_get_runstate_info, info), 0);
    assert_int_equal(info[0], RUNSTATE_offline);
    assert_int_equal(info[1], 0x34567890);
    assert_int_equal(info[2], 0x12);
    assert_int_equal(info[3], 1);
    assert_int_equal(info[9], 4);
    assert_int_equal(info[11], 0xabcd);
    assert_int_equal(op_32(VCPUOP_get_runstate_info, NULL), -EFAULT);

    /* The high half of what names the area is not the caller's. */
    memset(info, 0, 44);
    arg[0] = LOW_ADDRESS(info);
    arg[1] = 0xdeadbeef;
    assert_int_equal(op_32(VCPUOP_register_runstate_memory_area, arg), 0);
    assert_int_equal(v1->runstate_guest, LOW_ADDRESS(info));
    assert_int_equal(info[2], 0x12);
    assert_int_equal(info[11], 0xabcd);
    arg[0] = 0;
    assert_int_equal(op_32(VCPUOP_register_runstate_memory_area, arg), 0);
    assert_int_equal(v1->runstate_guest, 0);
    /* The caller's own: no more of it than there is, whatever the domain has.
     */
    arg[0] = LOW_ADDRESS(info);
    test_become_32bit(guest);
    assert_int_equal(do_vcpu_op(VCPUOP_register_runstate_memory_area, 0,
                                (unsigned long)arg, 0, 0),
                     0);
    test_become(guest);
    assert_int_equal(info[0], RUNSTATE_running);
    assert_int_equal(info[11], 0xabcd);

    info[0] = 7;
    arg[0] = LOW_ADDRESS(info);
    assert_int_equal(op_32(VCPUOP_register_vcpu_time_memory_area, arg), 0);
    assert_int_equal(info[0], 2); /* its version */
}

static void timers_of_32bit_code(void **state)
{
    /* Twelve bytes at the end of what there is. */
    uint32_t *arg = test_low_page() + PAGE_SIZE / 4 - 3;

    (void)state;
    arg[1] = 1;
    test_guest_window(arg, 12);
    test_become_32bit(guest);
    assert_int_equal(
        do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (unsigned long)arg, 0, 0),
        0);
    assert_true(v0->singleshot_timer.queued);
    assert_true(v0->singleshot_timer.expires == 1ll << 32);
    test_become(guest);
    assert_int_equal(
        do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (unsigned long)arg, 0, 0),
        -EFAULT);
    test_guest_window(NULL, 0);
}

static long poll_32(const uint32_t *arg)
{
    long rc;

    test_become_32bit(guest);
    rc = do_sched_op(SCHEDOP_poll, (unsigned long)arg, 0, 0, 0);
    test_become(guest);
    return rc;
}

static void polling_of_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *ports = arg + 16;
    struct evtchn *chn;

    (void)state;
    guest->arch.has_32bit_shinfo = true;
    spin_lock(&guest->evtchn->lock);
    ports[0] = evtchn_get_free_port(guest, &chn);
    evtchn_set_state(guest->evtchn, chn, ECS_IPI);
    arg[0] = LOW_ADDRESS(ports);
    arg[1] = 1;
    arg[2] = 0;
    arg[3] = 1; /* nanoseconds, from bit 32 on */
    spin_unlock(&guest->evtchn->lock);
    assert_int_equal(poll_32(arg), 0);
    assert_int_equal(v0->pause_flags, VPF_blocked | VPF_polling);
    assert_true(v0->poll_timer.queued);
    assert_true(v0->poll_timer.expires == 1ll << 32);
    assert_int_equal(v0->poll_evtchn, ports[0]);
    v0->pause_flags = 0;
    evtchn_poll_mask_clear(v0);

    /* One that is pending: no waiting. */
    spin_lock(&guest->evtchn->lock);
    evtchn_port_set_pending(guest, chn);
    spin_unlock(&guest->evtchn->lock);
    assert_int_equal(((uint32_t *)guest->shared_info)[2048 / 4],
                     1u << ports[0]);
    assert_int_equal(poll_32(arg), 0);
    assert_int_equal(v0->pause_flags, 0);
    ports[0] = 1025;
    assert_int_equal(poll_32(arg), -EINVAL);
    arg[0] = 0;
    assert_int_equal(poll_32(arg), -EFAULT);
    assert_int_equal(poll_32(NULL), -EFAULT);
}

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog w = { .id = id, .timeout = timeout };

    return do_sched_op(SCHEDOP_watchdog, (unsigned long)&w, 0, 0, 0);
}

static void watchdogs(void **state)
{
    (void)state;
    assert_int_equal(watchdog(1, 10), -EINVAL);
    assert_null(guest->watchdog);
    assert_int_equal(watchdog(0, 10), 1);
    assert_int_equal(watchdog(0, 20), 2);
    assert_int_equal(watchdog(0, 30), -ENOSPC);
    assert_int_equal(watchdog(3, 30), -EINVAL);
    assert_int_equal(watchdog(1, 5), 0);
    assert_int_equal(guest->watchdog[0].timer.expires, SECONDS(5));
    assert_int_equal(watchdog(1, 0), 0);
    assert_false(guest->watchdog[0].timer.queued);
    assert_int_equal(watchdog(1, 5), -EINVAL);
    assert_false(spin_is_locked(&guest->lock));
    guest->watchdog[1].timer.fn(guest->watchdog[1].timer.data);
    assert_int_equal(shutdowns, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(registers_of_a_vcpu_that_is_down),
        T(nobody_runs_it_meanwhile),
        T(vcpu_info_is_registered_once),
        T(vcpu_info_of_32bit_code),
        T(run_states_of_32bit_code),
        T(timers_of_32bit_code),
        T(polling_of_32bit_code),
        T(watchdogs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
