/* SPDX-License-Identifier: MIT */
/* Walking a guest's page tables: rights, accessed and dirty flags. */
/* TEST-SOURCES: xen/arch/x86/mm/guest-walk.c */
/* TEST-CFLAGS: -include tests/unit/xen/arch/x86/mm/host-directmap.h */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/guest-access.h>
#include <xen/mm.h>
#include <asm/guest-walk.h>
#include <asm/log-dirty.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include "../../../../../../xen/arch/x86/mm/p2m-private.h"

/* The guest has NR_PAGES pages of memory from frame 0 on, of these types. */
#define NR_PAGES 8
#define DATA     5 /* a page that GVA leads to */
#define GVA      0x7000ull

#define P        0x01ull
#define RW       0x02ull
#define US       0x04ull
#define A        0x20ull
#define D        0x40ull

static uint64_t memory[NR_PAGES][PAGE_SIZE / 8] __aligned(4096);
static p2m_type_t types[NR_PAGES];
static struct domain dom;
static struct vcpu vcpu;
static struct log_dirty recording;
static unsigned int marked[NR_PAGES];

unsigned long host_directmap;
uint64_t max_page;
struct page_info *frame_table;

void p2m_find_region(struct p2m_domain *p2m, uint64_t gfn, struct p2m_region *r)
{
    assert_true(spin_is_locked(&p2m->lock));
    *r = (struct p2m_region){ .gfn = gfn };
    if ( gfn < NR_PAGES && types[gfn] != p2m_invalid )
        r->entry = gfn << PAGE_SHIFT | EPT_RWX |
                   (uint64_t)types[gfn] << EPT_TYPE_SHIFT;
}

void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    marked[gfn_x(gfn)]++;
}

bool nested_guest_mode(const struct vcpu *v)
{
    return false;
}

paddr_t nested_l2_to_l1(struct vcpu *v, paddr_t gpa)
{
    return gpa;
}

static uint64_t cr0;

uint64_t hvm_get_cr0(void)
{
    return cr0;
}

uint64_t hvm_get_cr3(void)
{
    return 1 * PAGE_SIZE;
}

uint64_t hvm_get_cr4(void)
{
    return X86_CR4_PAE;
}

uint64_t hvm_get_efer(void)
{
    return EFER_LME | EFER_LMA;
}

/* Four levels of tables, in frames 1 to 4, that map GVA to DATA. */
static int setup(void **state)
{
    (void)state;
    host_directmap = (unsigned long)memory;
    memset(memory, 0, sizeof(memory));
    memset(marked, 0, sizeof(marked));
    for ( unsigned int i = 0; i < NR_PAGES; i++ )
        types[i] = p2m_ram_rw;
    memory[1][0] = 2 * PAGE_SIZE | P | RW | US;
    memory[2][0] = 3 * PAGE_SIZE | P | RW | US;
    memory[3][0] = 4 * PAGE_SIZE | P | RW | US;
    memory[4][GVA / PAGE_SIZE] = DATA * PAGE_SIZE | P | RW | US;
    cr0 = X86_CR0_PG | X86_CR0_PE | X86_CR0_WP;
    dom.p2m.log_dirty = &recording;
    vcpu.domain = &dom;
    return 0;
}

static int walk(uint64_t gva, bool write, paddr_t *gpa)
{
    uint32_t pfec;
    int rc = guest_walk(&vcpu, gva, write, gpa, &pfec);

    assert_false(spin_is_locked(&dom.p2m.lock));
    return rc;
}

static void accessed_and_dirty(void **state)
{
    paddr_t gpa;

    (void)state;
    assert_int_equal(walk(GVA + 5, false, &gpa), 0);
    assert_int_equal(gpa, DATA * PAGE_SIZE + 5);
    for ( unsigned int t = 1; t < 4; t++ )
        assert_int_equal(memory[t][0] & (A | D), A);
    assert_int_equal(memory[4][GVA / PAGE_SIZE] & (A | D), A);
    assert_int_equal(walk(GVA, true, &gpa), 0);
    assert_int_equal(memory[4][GVA / PAGE_SIZE] & (A | D), A | D);
    assert_int_equal(memory[3][0] & D, 0);
    /* What the hypervisor wrote shows; what had the flags was not written. */
    assert_int_equal(marked[1], 1);
    assert_int_equal(marked[4], 2);
    assert_int_equal(walk(GVA, true, &gpa), 0);
    assert_int_equal(marked[4], 2);
}

static void tables_that_cannot_be_written(void **state)
{
    static const p2m_type_t readonly[] = { p2m_grant_map_ro, p2m_ram_ro };
    uint64_t before;
    paddr_t gpa;

    (void)state;
    for ( unsigned int i = 0; i < 2; i++ )
        for ( unsigned int t = 1; t <= 4; t++ )
        {
            setup(NULL);
            types[t] = readonly[i];
            before = memory[t][t == 4 ? GVA / PAGE_SIZE : 0];
            assert_int_equal(walk(GVA, true, &gpa), -EFAULT);
            assert_int_equal(memory[t][t == 4 ? GVA / PAGE_SIZE : 0], before);
            assert_int_equal(marked[t], 0);
        }
    /* With the flags there already they are as good as others. */
    setup(NULL);
    types[1] = p2m_grant_map_ro;
    memory[1][0] |= A;
    assert_int_equal(walk(GVA, true, &gpa), 0);
}

static void what_is_not_there(void **state)
{
    paddr_t gpa;

    (void)state;
    assert_int_equal(walk(1ull << 47, false, &gpa), -EFAULT);
    assert_int_equal(walk(GVA + PAGE_SIZE, false, &gpa), -EFAULT);
    memory[2][0] = NR_PAGES * PAGE_SIZE | P | RW | US;
    assert_int_equal(walk(GVA, false, &gpa), -EFAULT);
    setup(NULL);
    memory[3][0] &= ~RW;
    assert_int_equal(walk(GVA, true, &gpa), -EFAULT);
    assert_int_equal(walk(GVA, false, &gpa), 0);
}

static void rights_of_user_mode(void **state)
{
    uint32_t pfec;
    paddr_t gpa;

    (void)state;
    assert_int_equal(guest_walk_user(&vcpu, GVA, true, &gpa, &pfec), 0);
    assert_int_equal(gpa, DATA * PAGE_SIZE);
    assert_int_equal(
        guest_walk_user(&vcpu, GVA + PAGE_SIZE, false, &gpa, &pfec), -EFAULT);
    assert_int_equal(pfec, PFEC_USER);
    for ( unsigned int t = 1; t <= 4; t++ )
    {
        setup(NULL);
        memory[t][t == 4 ? GVA / PAGE_SIZE : 0] &= ~US;
        assert_int_equal(guest_walk_user(&vcpu, GVA, false, &gpa, &pfec),
                         -EFAULT);
        assert_int_equal(pfec, PFEC_USER | PFEC_PRESENT);
        assert_int_equal(guest_walk_user(&vcpu, GVA, true, &gpa, &pfec),
                         -EFAULT);
        assert_int_equal(pfec, PFEC_USER | PFEC_WRITE | PFEC_PRESENT);
        assert_int_equal(walk(GVA, true, &gpa), 0);
    }
    /* The kernel may write there without CR0.WP. */
    setup(NULL);
    memory[3][0] &= ~RW;
    cr0 &= ~X86_CR0_WP;
    assert_int_equal(walk(GVA, true, &gpa), 0);
    assert_int_equal(guest_walk_user(&vcpu, GVA, true, &gpa, &pfec), -EFAULT);
    assert_int_equal(pfec, PFEC_USER | PFEC_WRITE | PFEC_PRESENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(accessed_and_dirty, setup),
        cmocka_unit_test_setup(tables_that_cannot_be_written, setup),
        cmocka_unit_test_setup(what_is_not_there, setup),
        cmocka_unit_test_setup(rights_of_user_mode, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
