/* SPDX-License-Identifier: MIT */
/* Log-dirty mode on a real p2m: faults, PML, reading, giving way. */
/* TEST-SOURCES: xen/arch/x86/mm/p2m.c xen/arch/x86/mm/log-dirty.c */
/* TEST-SOURCES: xen/common/dirty-bitmap.c */
/* TEST-SOURCES: tests/unit/xen/arch/x86/mm/page-arena.c */
/* TEST-CFLAGS: -include tests/unit/xen/arch/x86/mm/host-directmap.h */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <public/domctl.h>
#include <asm/log-dirty.h>
#include <asm/vmx.h>
#include "../../../../../../xen/arch/x86/mm/p2m-limbo.h"
#include "page-arena.h"

/* Guest RAM: 2 MiB superpages at frame 0, single pages at LOOSE. */
#define SUPER_PAGES 4
#define LOOSE       0x10000
#define NR_LOOSE    1000

struct vmx_caps vmx_caps;

/* Nothing that these tests remove needs waiting for. */
void p2m_make_room(struct domain *d)
{
    spin_lock(&d->p2m.lock);
}

void p2m_limbo_add(struct p2m_domain *p2m, enum limbo_kind kind, uint64_t maddr,
                   unsigned int level)
{
    (void)p2m, (void)kind, (void)maddr, (void)level;
}

void p2m_settle(struct domain *d, bool added)
{
    (void)d, (void)added;
}

void p2m_limbo_init(struct domain *d)
{
    (void)d;
}

void p2m_limbo_destroy(struct domain *d)
{
    (void)d;
}

static struct domain dom;
static unsigned int synchronized, pages_then;

/* Others finish what they are doing: nothing of theirs may be gone yet. */
void smp_synchronize(void)
{
    synchronized++;
    pages_then = pages_out;
    assert_null(dom.p2m.log_dirty);
    /* One that looked before finds it gone in the middle. */
    log_dirty_mark(&dom, _gfn(0), 0);
}

static struct vcpu vcpu, *vcpus[1] = { &vcpu };
static shared_info_t *shared;
static unsigned int preempt_every, checks;
static bool have_pml;
static uint64_t pml_log[PML_ENTRIES];
static unsigned int drains;

void *xzalloc_bytes(size_t size)
{
    return calloc(1, size);
}

void xfree(void *p)
{
    free(p);
}

bool get_page(struct page_info *pg, const struct domain *d)
{
    return true;
}

void put_page(struct page_info *pg)
{
}

void put_page_alloc_ref(struct page_info *pg)
{
}

bool hypercall_preempt_check(void)
{
    return preempt_every && ++checks % preempt_every == 0;
}

void nested_p2m_invalidate(struct domain *d, gfn_t gfn, unsigned int order)
{
}

void nested_p2m_filled(struct domain *d)
{
}

void nested_suspend(struct domain *d)
{
}

void nested_mark_dirty(struct domain *d)
{
}

void domain_pause(struct domain *d)
{
    d->pause_count++;
}

void domain_unpause(struct domain *d)
{
    d->pause_count--;
}

void evtchn_mark_dirty(struct domain *d)
{
}

void grant_table_mark_dirty(struct domain *d)
{
}

bool vmx_pml_possible(const struct domain *d)
{
    return have_pml;
}

int vmx_pml_enable(struct domain *d)
{
    return 0;
}

void vmx_pml_disable(struct domain *d)
{
}

void vmx_pml_drain(struct vcpu *v)
{
    drains++;
    log_dirty_from_pml(v->domain, pml_log, PML_ENTRIES - 3);
}

size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes)
{
    memcpy((void *)gva, from, bytes);
    return 0;
}

size_t clear_guest_va(uint64_t gva, size_t bytes)
{
    memset((void *)gva, 0, bytes);
    return 0;
}

static int setup(void **state)
{
    arena_init();
    memset(&dom, 0, sizeof(dom));
    memset(&vcpu, 0, sizeof(vcpu));
    memset(pml_log, 0, sizeof(pml_log));
    preempt_every = checks = drains = 0;
    have_pml = false;
    vmx_caps.ept_2m = vmx_caps.ept_1g = true;
    dom.vcpu = vcpus;
    dom.max_vcpus = 1;
    vcpu.domain = &dom;
    vcpu.vcpu_info_mfn = INVALID_MFN;
    dom.max_pages = 1 << 20;
    if ( p2m_init(&dom) )
        return -1;
    shared = alloc_xenheap_page();
    dom.shared_info = shared;
    for ( unsigned int i = 0; i < SUPER_PAGES; i++ )
        if ( p2m_set_entry(&dom, _gfn(i * 512), _mfn((i + 8) * 512),
                           PAGE_ORDER_2M, p2m_ram_rw) )
            return -1;
    for ( unsigned int i = 0; i < NR_LOOSE; i++ )
        if ( p2m_set_entry(&dom, _gfn(LOOSE + i), _mfn(0x40000 + i), 0,
                           p2m_ram_rw) )
            return -1;
    return 0;
}

static int teardown(void **state)
{
    while ( p2m_teardown(&dom) )
        ;
    assert_null(dom.p2m.log_dirty);
    free_xenheap_page(shared);
    assert_int_equal(dom.pause_count, 0);
    arena_destroy();
    return 0;
}

/* An operation to its end; *restarts counts how often it gave way. */
static int op(struct xen_domctl_shadow_op *s, unsigned int *restarts)
{
    int rc;

    while ( (rc = log_dirty_op(&dom, s)) == -ERESTART )
        if ( restarts )
            ++*restarts;
    return rc;
}

static int simple(uint32_t what)
{
    struct xen_domctl_shadow_op s = { .op = what };

    return op(&s, NULL);
}

#define BITS (LOOSE + 4096)
static uint8_t bitmap[BITS / 8];

static unsigned int read_bits(uint32_t what, struct xen_domctl_shadow_op *out)
{
    struct xen_domctl_shadow_op s = { .op = what, .pages = BITS };
    unsigned int n = 0;

    memset(bitmap, 0xff, sizeof(bitmap));
    set_xen_guest_handle(s.dirty_bitmap, bitmap);
    assert_int_equal(op(&s, NULL), 0);
    assert_int_equal(s.pages, BITS);
    for ( unsigned int i = 0; i < sizeof(bitmap); i++ )
        n += __builtin_popcount(bitmap[i]);
    if ( out )
        *out = s;
    return n;
}

static bool bit(uint64_t gfn)
{
    return bitmap[gfn / 8] >> (gfn % 8) & 1;
}

static p2m_type_t type_at(uint64_t gfn, unsigned int *order)
{
    p2m_type_t t;

    p2m_get_entry(&dom, _gfn(gfn), &t, order);
    return t;
}

static void test_faults(void **state)
{
    struct xen_domctl_shadow_op s;
    unsigned int order;

    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_CLEAN), -EINVAL); /* off */
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), -EINVAL);
    assert_int_equal(type_at(0, &order), p2m_ram_logdirty);
    assert_int_equal(order, PAGE_ORDER_2M); /* still whole */
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, NULL), 0);

    log_dirty_fault(&dom, _gfn(700));
    assert_int_equal(type_at(700, &order), p2m_ram_rw);
    assert_int_equal(order, 0);
    assert_int_equal(type_at(701, &order), p2m_ram_logdirty);
    assert_int_equal(type_at(0, &order), p2m_ram_logdirty);
    assert_int_equal(order, PAGE_ORDER_2M);
    log_dirty_fault(&dom, _gfn(LOOSE + 5));
    p2m_mark_dirty(&dom, _gfn(LOOSE + 6)); /* by the hypervisor */
    p2m_mark_dirty(&dom, INVALID_GFN);     /* nowhere */

    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_PEEK, NULL), 3);
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, &s), 3);
    assert_true(bit(700) && bit(LOOSE + 5) && bit(LOOSE + 6));
    assert_int_equal(s.stats.fault_count, 2);
    assert_int_equal(s.stats.dirty_count, 3);
    assert_int_equal(type_at(700, &order), p2m_ram_logdirty);
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, &s), 0);
    assert_int_equal(s.stats.fault_count, 0);

    /* RAM that comes and goes is news, too. */
    assert_int_equal(p2m_remove_ram(&dom, _gfn(LOOSE + 9)), 0);
    assert_int_equal(
        p2m_set_entry(&dom, _gfn(LOOSE + 2000), _mfn(0x90000), 0, p2m_ram_rw),
        0);
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, NULL), 2);
    assert_true(bit(LOOSE + 9) && bit(LOOSE + 2000));
    assert_int_equal(type_at(LOOSE + 2000, &order), p2m_ram_logdirty);

    synchronized = 0;
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
    assert_int_equal(synchronized, 1);
    assert_true(pages_then > pages_out);
    assert_int_equal(type_at(0, &order), p2m_ram_rw);
    assert_int_equal(type_at(LOOSE + 1, &order), p2m_ram_rw);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_PEEK), -EINVAL);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
}

/* With PML single pages stay writable; superpages have to be split first. */
static void test_pml(void **state)
{
    struct xen_domctl_shadow_op s;
    unsigned int order;

    have_pml = true;
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
    log_dirty_fault(&dom, _gfn(3));
    assert_int_equal(type_at(3, &order), p2m_ram_logdirty);
    assert_int_equal(order, 0);
    pml_log[PML_ENTRIES - 2] = (uint64_t)3 << PAGE_SHIFT;
    pml_log[PML_ENTRIES - 1] = (uint64_t)(LOOSE + 7) << PAGE_SHIFT;
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, &s), 2);
    assert_int_equal(drains, 1);
    assert_true(bit(3) && bit(LOOSE + 7));
    assert_int_equal(s.stats.dirty_count, 2);
}

/* What the log page holds behind each index. */
static void test_pml_log(void **state)
{
    static uint64_t log[PML_ENTRIES];

    have_pml = true;
    for ( unsigned int i = 0; i < PML_ENTRIES; i++ )
        log[i] = ((uint64_t)i << PAGE_SHIFT) | 0;
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
    log_dirty_from_pml(&dom, log, PML_ENTRIES - 1); /* empty */
    assert_int_equal(dom.p2m.log_dirty->dirty_count, 0);
    log_dirty_from_pml(&dom, log, PML_ENTRIES - 2);
    assert_int_equal(dom.p2m.log_dirty->dirty_count, 1);
    log_dirty_from_pml(&dom, log, 0xffff); /* full */
    assert_int_equal(dom.p2m.log_dirty->dirty_count, PML_ENTRIES);
}

static void test_giving_way(void **state)
{
    struct xen_domctl_shadow_op s = {
        .op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY
    };
    struct xen_domctl_shadow_op peek = { .op = XEN_DOMCTL_SHADOW_OP_PEEK };
    unsigned int restarts = 0, order;

    preempt_every = 1;
    assert_int_equal(log_dirty_op(&dom, &s), -ERESTART);
    assert_int_equal(log_dirty_op(&dom, &peek), -EBUSY);
    assert_int_equal(op(&s, &restarts), 0);
    assert_true(restarts > 5);
    assert_int_equal(type_at(LOOSE + NR_LOOSE - 1, &order), p2m_ram_logdirty);

    log_dirty_fault(&dom, _gfn(1));
    log_dirty_fault(&dom, _gfn(LOOSE));
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, NULL), 2);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
    assert_int_equal(type_at(LOOSE + NR_LOOSE - 1, &order), p2m_ram_rw);
}

static void test_no_memory(void **state)
{
    struct xen_domctl_shadow_op s = { .op = XEN_DOMCTL_SHADOW_OP_CLEAN,
                                      .pages = BITS };
    unsigned int order;

    set_xen_guest_handle(s.dirty_bitmap, bitmap);
    fail_after = 1;
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), -ENOMEM);
    fail_after = 0;
    assert_null(dom.p2m.log_dirty);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);

    /* No table to split a superpage: all of it counts as written. */
    fail_after = 1;
    log_dirty_fault(&dom, _gfn(513));
    assert_int_equal(type_at(513, &order), p2m_ram_rw);
    assert_int_equal(order, PAGE_ORDER_2M);
    assert_int_equal(read_bits(XEN_DOMCTL_SHADOW_OP_CLEAN, NULL), 512);

    /* A bit that is lost makes the bitmap worthless, and that is said. */
    fail_after = 1;
    p2m_mark_dirty(&dom, _gfn(1ull << 34));
    assert_int_equal(op(&s, NULL), -ENOMEM);
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
}

static void test_dies_with_domain(void **state)
{
    assert_int_equal(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
    log_dirty_fault(&dom, _gfn(1));
    /* The teardown gives everything back. */
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_faults),    TEST(test_pml),
        TEST(test_pml_log),   TEST(test_giving_way),
        TEST(test_no_memory), TEST(test_dies_with_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
