/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls from 32-bit code, and what such a domain shares.
 *
 * Expect: structures and arrays as 32-bit code has them are taken; setting the
 * callback there gives shared_info, vcpu_info and the record of run states
 * their 32-bit form, and setting it in 64-bit code the other one again.
 */
#include "lib.h"

#define UNKNOWN_NR 60
#define XEN_4_17   (4l << 16 | 17)

/* Places in shared_info of 32-bit code, in bytes, and in a vcpu_info. */
#define PENDING_32  2048
#define MASK_32     2176
#define WC_32       2304
#define WC_64       3072
#define SELECTOR_32 4
#define VCPU_INFO   64 /* size */

/* A far pointer to code that is executed with a segment of 32-bit code. */
struct far_pointer
{
    uint32_t eip;
    uint16_t cs;
} __attribute__((packed));

asm(".pushsection .text\n"
    ".code32\n"
    "compat_vmcall: vmcall\n"
    "lret\n"
    ".code64\n"
    ".popsection\n");
extern char compat_vmcall[];

static long call_32(uint32_t nr, uint32_t a1, uint32_t a2, uint32_t a3)
{
    const struct far_pointer entry = { (uint32_t)(uintptr_t)compat_vmcall,
                                       SEL_CODE32 };
    uint32_t ret;

    asm volatile("lcall *%[entry]"
                 : "=a"(ret), "+b"(a1), "+c"(a2), "+d"(a3)
                 : "0"(nr), [entry] "m"(entry)
                 : "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                   "r15", "memory", "cc");
    return (int32_t)ret;
}

static uint32_t low(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

static long memory_op_32(unsigned int cmd, const void *arg)
{
    return call_32(__HYPERVISOR_memory_op, cmd, low(arg), 0);
}

static uint32_t *word_at(volatile void *base, unsigned int offset)
{
    return (uint32_t *)((uint8_t *)base + offset);
}

static void check_simple(void)
{
    struct xen_feature_info f = { .submap_idx = 0 };

    check_eq("version", call_32(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
             XEN_4_17);
    check_rc("features",
             call_32(__HYPERVISOR_xen_version, XENVER_get_features, low(&f), 0),
             0);
    check(f.submap & 1u << XENFEAT_auto_translated_physmap, "a known feature");
    check_rc("unknown", call_32(UNKNOWN_NR, 0, 0, 0), -XEN_ENOSYS);
    check_rc("unknown memory_op", memory_op_32(63, NULL), -XEN_ENOSYS);
}

static void check_memory(void)
{
    /* extent_start, nr_extents, extent_order, mem_flags, domid */
    uint32_t gfns[2], r[5] = { low(gfns), 2, 0, 0, DOMID_SELF };
    /* domid and space, size and foreign_domid, idxs, gpfns, errs */
    uint32_t idx, gfn, domid = DOMID_SELF, remove[2];
    int err = 7;
    uint32_t b[5] = { DOMID_SELF | XENMAPSPACE_gmfn << 16, 1, low(&idx),
                      low(&gfn), low(&err) };
    uint32_t *pages = alloc_pages(2);
    long had = memory_op_32(XENMEM_current_reservation, &domid);

    check(had > 0, "current_reservation");
    gfns[0] = gfn_of(pages);
    gfns[1] = gfns[0] + 1;
    check_eq("decrease_reservation",
             memory_op_32(XENMEM_decrease_reservation, r), 2);
    check_eq("two pages less", memory_op_32(XENMEM_current_reservation, &domid),
             had - 2);
    check_eq("populate_physmap", memory_op_32(XENMEM_populate_physmap, r), 2);
    check_eq("all is back", memory_op_32(XENMEM_current_reservation, &domid),
             had);
    r[0] = low(UNMAPPED_VA);
    r[4] = 0;
    check_eq("another domain's", memory_op_32(XENMEM_populate_physmap, r), 0);

    pages[0] = 0x12345678;
    idx = gfns[0];
    gfn = gfns[1];
    check_rc("add_to_physmap_batch",
             memory_op_32(XENMEM_add_to_physmap_batch, b), 0);
    check_rc("its one entry", err, 0);
    check_eq("the page has moved", pages[PAGE_SIZE / 4], 0x12345678);
    b[4] = 0xfffff000;
    idx = gfns[1];
    gfn = gfns[0];
    check_rc("a batch with errors going nowhere",
             memory_op_32(XENMEM_add_to_physmap_batch, b), -XEN_EFAULT);
    remove[0] = DOMID_SELF;
    remove[1] = gfns[1];
    check_rc("remove_from_physmap where nothing is",
             memory_op_32(XENMEM_remove_from_physmap, remove), -XEN_ENOENT);
    check_rc("no structure",
             memory_op_32(XENMEM_add_to_physmap_batch, (void *)0xfffff000ul),
             -XEN_EFAULT);
}

static void check_grants(void)
{
    /* dom, nr_frames, status, frame_list */
    uint32_t frames[2] = { 0, 0xabcd };
    uint32_t s[4] = { DOMID_SELF, 1, 0x5555, low(frames) };
    /* source, dest (each: frame, domid and offset), len and flags, status */
    uint32_t *page = alloc_pages(1);
    uint32_t c[6] = { gfn_of(page),           DOMID_SELF, gfn_of(page),
                      DOMID_SELF | 64u << 16, 4,          0x5555 };

    grant_table_map();
    check_rc(
        "setup_table",
        call_32(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, low(s), 1),
        0);
    check_eq("its status", (int16_t)s[2], GNTST_okay);
    check_eq("the frame", frames[0], gfn_of(grant_table));
    check_eq("behind the frames", frames[1], 0xabcd);

    page[0] = 0x87654321;
    check_rc("copy",
             call_32(__HYPERVISOR_grant_table_op, GNTTABOP_copy, low(c), 1), 0);
    check_eq("its status", (int16_t)c[5], GNTST_okay);
    check_eq("what was copied", page[16], 0x87654321);
    c[3] = DOMID_SELF | 4094u << 16;
    check_rc("copy beyond a page",
             call_32(__HYPERVISOR_grant_table_op, GNTTABOP_copy, low(c), 1), 0);
    check_eq("its status", (int16_t)c[5], GNTST_bad_copy_arg);
}

static void check_multicall(void)
{
    /* op, result, six arguments */
    uint32_t calls[3][8] = { { __HYPERVISOR_xen_version, 1, XENVER_version },
                             { UNKNOWN_NR, 1 },
                             { 0, 0xabcd } };

    check_rc("multicall", call_32(__HYPERVISOR_multicall, low(calls), 2, 0), 0);
    check_eq("first result", calls[0][1], XEN_4_17);
    check_eq("second result", (int32_t)calls[1][1], -XEN_ENOSYS);
    check_eq("behind the calls", calls[2][1], 0xabcd);
}

/* Tell how upcalls come, from code of either kind: it decides on the form. */
static long set_callback(bool from_32bit)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF,
                               .index = HVM_PARAM_CALLBACK_IRQ,
                               .value = 0 };

    return from_32bit
               ? call_32(__HYPERVISOR_hvm_op, HVMOP_set_param, low(&p), 0)
               : hvm_op(HVMOP_set_param, &p);
}

static void check_events(void)
{
    volatile uint8_t *s = shared_page.page;
    evtchn_port_t port = 0;
    unsigned int word, bit;
    /* ports, nr_ports, timeout */
    uint32_t poll[4] = { low(&port), 1, 0, 0 };
    uint64_t start, timeout;

    check_rc("bind_ipi", evtchn_bind_ipi(0, &port), 0);
    word = port / 32 * 4;
    bit = 1u << port % 32;

    check_rc("send", evtchn_send(port), 0);
    check_eq("pending", *word_at(s, PENDING_32 + word) & bit, bit);
    check_eq("masked: not selected", *word_at(s, SELECTOR_32), 0);
    check_rc("poll for a pending one",
             call_32(__HYPERVISOR_sched_op, SCHEDOP_poll, low(poll), 0), 0);
    check_rc("unmask", evtchn_unmask_op(port), 0);
    check_eq("the mask", *word_at(s, MASK_32 + word) & bit, 0);
    check_eq("the selector", *word_at(s, SELECTOR_32), 1u << port / 32);
    check_eq("the upcall", s[0], 1);

    *word_at(s, PENDING_32 + word) = 0;
    *word_at(s, SELECTOR_32) = 0;
    s[0] = 0;
    start = now_ns();
    timeout = start + MS(2);
    memcpy(&poll[2], &timeout, sizeof(timeout));
    check_rc("poll for two milliseconds",
             call_32(__HYPERVISOR_sched_op, SCHEDOP_poll, low(poll), 0), 0);
    check(now_ns() - start >= MS(2), "it waited");
    poll[0] = 0xfffff000;
    check_rc("poll with ports nowhere",
             call_32(__HYPERVISOR_sched_op, SCHEDOP_poll, low(poll), 0),
             -XEN_EFAULT);
    check_rc("close", evtchn_close(port), 0);
}

static void check_run_states(void)
{
    uint32_t *area = alloc_pages(1), *asked = area + 32;
    uint32_t arg[2] = { low(area), 0 };
    uint64_t ran;

    area[11] = asked[11] = 0xabcd;
    check_rc("register_runstate_memory_area",
             call_32(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area,
                     0, low(arg)),
             0);
    check_rc(
        "get_runstate_info",
        call_32(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, low(asked)),
        0);
    check_eq("running", area[0], RUNSTATE_running);
    check_eq("running, as asked", asked[0], RUNSTATE_running);
    memcpy(&ran, &asked[3], sizeof(ran));
    check(ran > 0 && ran < now_ns(), "it has run for some time");
    check_eq("behind the area", area[11], 0xabcd);
    check_eq("behind what was asked", asked[11], 0xabcd);
    arg[0] = 0;
    check_rc("no area any more",
             call_32(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area,
                     0, low(arg)),
             0);
}

/* Structures that are shorter there, at the end of what is mapped. */
static void check_timers(void)
{
    uint64_t when = now_ns() + MS(1);
    uint32_t arg[3] = { 0 };

    memcpy(arg, &when, sizeof(when));
    check_rc(
        "set_singleshot_timer",
        call_32(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, low(arg)),
        0);
    check_rc("stop_singleshot_timer",
             call_32(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0),
             0);
}

/* At an address that 64-bit code could not have it at; for good. */
static void check_vcpu_info(void)
{
    uint8_t *page = alloc_pages(1);
    struct vcpu_register_vcpu_info info = { .mfn = gfn_of(page),
                                            .offset = VCPU_INFO + 2 };

    check_rc(
        "vcpu_info at an odd place",
        call_32(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, low(&info)),
        -XEN_ENXIO);
    info.offset = VCPU_INFO + 4;
    check_rc(
        "vcpu_info",
        call_32(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, low(&info)),
        0);
    page += VCPU_INFO + 4;
    check_eq("an upcall to be safe", page[0], 1);
    check_eq("all words", *word_at(page, SELECTOR_32), ~0u);
    check(*word_at(page, 32 + 24) != 0, "the clock is there");
}

void test_main(void)
{
    uint8_t *s = shared_page.page;
    uint32_t sec;

    check_simple();
    check_memory();
    check_grants();
    check_multicall();
    check_run_states();

    check_rc("set the callback in 64-bit code", set_callback(false), 0);
    sec = *word_at(s, WC_64 + 4);
    check(sec != 0, "there is a wall clock");

    /* The console's port stays masked in the other form, too. */
    memset(s + MASK_32, 0xff, WC_32 - MASK_32);
    check_rc("set the callback in 32-bit code", set_callback(true), 0);
    check(*word_at(s, WC_32 + 4) - sec < 2, "the wall clock has moved along");
    check_events();
    check_run_states();
    check_timers();
    check_vcpu_info();

    memset(s + PENDING_32, 0, WC_64 - 512 - PENDING_32);
    memset(s + WC_64, 0, 8);
    check_rc("set the callback in 64-bit code again", set_callback(false), 0);
    check(*word_at(s, WC_64 + 4) - sec < 4, "the wall clock is back");
}
