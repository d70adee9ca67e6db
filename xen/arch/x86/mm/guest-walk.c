/* SPDX-License-Identifier: MIT */
/* Walking the current vCPU's own page tables, and copying through them. */

#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/guest-walk.h>
#include <asm/log-dirty.h>

#define PTE_P        0x001ULL
#define PTE_RW       0x002ULL
#define PTE_US       0x004ULL
#define PTE_A        0x020ULL
#define PTE_D        0x040ULL
#define PTE_PS       0x080ULL
#define PTE_ADDR     0x000ffffffffff000ULL
#define PSE36_SHIFT  13
#define PSE36_MASK   0xffULL
#define CR3_PAE_ADDR 0xffffffe0ULL

/* Level descriptions: index bits and entry size of each paging mode. */
struct paging_mode
{
    unsigned int levels, index_bits, entry_size;
};

static struct paging_mode paging_mode(uint64_t cr4, uint64_t efer)
{
    if ( efer & EFER_LMA )
        return (struct paging_mode){ 4, 9, 8 };
    if ( cr4 & X86_CR4_PAE )
        return (struct paging_mode){ 3, 9, 8 };
    return (struct paging_mode){ 2, 10, 4 };
}

/* What L2 calls physical goes through L1's EPT first. */
static paddr_t l1_gpa(struct vcpu *v, paddr_t gpa)
{
    return unlikely(v->arch.nested) && nested_guest_mode(v)
               ? nested_l2_to_l1(v, gpa)
               : gpa;
}

/*
 * The host address of a frame of guest memory, NULL if there is none. Valid
 * while d->p2m.lock is held: pages do not go away under a p2m entry.
 */
static void *map_gfn(struct domain *d, gfn_t gfn, bool write)
{
    unsigned int order;
    p2m_type_t t;
    mfn_t mfn = p2m_get_entry(d, gfn, &t, &order);

    if ( !p2m_is_any_ram(t) || (write && p2m_is_readonly(t)) )
        return NULL;
    if ( write )
        p2m_mark_dirty(d, gfn);
    return mfn_to_virt(mfn);
}

static uint64_t read_entry(const void *p, unsigned int size)
{
    return size == 8 ? *(const volatile uint64_t *)p
                     : *(const volatile uint32_t *)p;
}

static bool is_large(const struct paging_mode *m, unsigned int level,
                     uint64_t e, uint64_t cr4)
{
    if ( !(e & PTE_PS) || level == 1 )
        return false;
    if ( m->levels == 2 )
        return cr4 & X86_CR4_PSE;
    return level == 2 || (level == 3 && m->levels == 4);
}

/* guest_walk() with d->p2m.lock held. */
static int walk_locked(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
                       uint32_t *pfec)
{
    uint64_t cr0 = hvm_get_cr0(), cr4 = hvm_get_cr4(), efer = hvm_get_efer();
    struct paging_mode m = paging_mode(cr4, efer);
    uint64_t table, rights = PTE_RW | PTE_US;

    *pfec = write ? PFEC_WRITE : 0;
    if ( !(cr0 & X86_CR0_PG) )
    {
        *gpa = l1_gpa(v, (uint32_t)gva);
        return 0;
    }
    if ( m.levels == 4 && !is_canonical(gva) )
        return -EFAULT;
    table = hvm_get_cr3() & (m.levels == 3 ? CR3_PAE_ADDR : PTE_ADDR);

    for ( unsigned int level = m.levels;; level-- )
    {
        unsigned int shift = PAGE_SHIFT + (level - 1) * m.index_bits;
        unsigned int index = (gva >> shift) & ((1u << m.index_bits) - 1);
        bool pdpte = m.levels == 3 && level == 3;
        bool leaf;
        uint64_t e, set = PTE_A;
        uint8_t *p = map_gfn(v->domain, gaddr_to_gfn(l1_gpa(v, table)), false);

        if ( !p )
            return -EFAULT;
        p += (table & (PAGE_SIZE - 1)) +
             (pdpte ? index & 3 : index) * m.entry_size;
        e = read_entry(p, m.entry_size);
        if ( !(e & PTE_P) )
            return -EFAULT;
        if ( !pdpte )
            rights &= e;
        leaf = level == 1 || is_large(&m, level, e, cr4);
        if ( leaf && write )
        {
            if ( !(rights & PTE_RW) && (cr0 & X86_CR0_WP) )
            {
                *pfec |= PFEC_PRESENT;
                return -EFAULT;
            }
            set |= PTE_D;
        }
        if ( unlikely((e & set) != set) && !pdpte )
        {
            /* It may be a page that was granted for reading only. */
            if ( !map_gfn(v->domain, gaddr_to_gfn(l1_gpa(v, table)), true) )
                return -EFAULT;
            __atomic_fetch_or((uint32_t *)p, set, __ATOMIC_RELAXED);
        }
        if ( leaf )
        {
            uint64_t offset = gva & ((1ULL << shift) - 1);

            if ( level > 1 && m.levels == 2 )
                *gpa = (((e >> PSE36_SHIFT) & PSE36_MASK) << 32) |
                       (e & 0xffc00000u) | offset;
            else
                *gpa = (e & PTE_ADDR & ~((1ULL << shift) - 1)) | offset;
            *gpa = l1_gpa(v, *gpa);
            return 0;
        }
        table = e & PTE_ADDR;
    }
}

int guest_walk(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
               uint32_t *pfec)
{
    int rc;

    spin_lock(&v->domain->p2m.lock);
    rc = walk_locked(v, gva, write, gpa, pfec);
    spin_unlock(&v->domain->p2m.lock);
    return rc;
}

/*
 * Copy within one page of guest memory; from == NULL clears. The domain's
 * p2m.lock is held.
 */
static int copy_phys_page(struct domain *d, paddr_t gpa, void *to_host,
                          const void *from_host, size_t n, bool write)
{
    uint8_t *p = map_gfn(d, gaddr_to_gfn(gpa), write);

    if ( !p )
        return -EFAULT;
    p += gpa & (PAGE_SIZE - 1);
    if ( !write )
        memcpy(to_host, p, n);
    else if ( from_host )
        memcpy(p, from_host, n);
    else
        memset(p, 0, n);
    return 0;
}

static size_t copy_va(uint64_t gva, void *to_host, const void *from_host,
                      size_t bytes, bool write)
{
    struct vcpu *v = current;

    while ( bytes )
    {
        size_t n = min(bytes, (size_t)(PAGE_SIZE - (gva & (PAGE_SIZE - 1))));
        uint32_t pfec;
        paddr_t gpa;
        int rc;

        spin_lock(&v->domain->p2m.lock);
        rc = walk_locked(v, gva, write, &gpa, &pfec);
        if ( !rc )
            rc = copy_phys_page(v->domain, gpa, to_host, from_host, n, write);
        spin_unlock(&v->domain->p2m.lock);
        if ( rc )
            return bytes;
        bytes -= n;
        gva += n;
        if ( to_host )
            to_host = (uint8_t *)to_host + n;
        if ( from_host )
            from_host = (const uint8_t *)from_host + n;
    }
    return 0;
}

size_t copy_from_guest_va(void *to, uint64_t gva, size_t bytes)
{
    return copy_va(gva, to, NULL, bytes, false);
}

size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes)
{
    return copy_va(gva, NULL, from, bytes, true);
}

size_t clear_guest_va(uint64_t gva, size_t bytes)
{
    return copy_va(gva, NULL, NULL, bytes, true);
}

static int copy_phys(struct domain *d, paddr_t gpa, void *to_host,
                     const void *from_host, size_t bytes, bool write)
{
    while ( bytes )
    {
        size_t n = min(bytes, (size_t)(PAGE_SIZE - (gpa & (PAGE_SIZE - 1))));

        int rc;

        spin_lock(&d->p2m.lock);
        rc = copy_phys_page(d, gpa, to_host, from_host, n, write);
        spin_unlock(&d->p2m.lock);
        if ( rc )
            return rc;
        bytes -= n;
        gpa += n;
        if ( to_host )
            to_host = (uint8_t *)to_host + n;
        if ( from_host )
            from_host = (const uint8_t *)from_host + n;
    }
    return 0;
}

int copy_from_guest_phys(struct domain *d, void *to, paddr_t gpa, size_t bytes)
{
    return copy_phys(d, gpa, to, NULL, bytes, false);
}

int copy_to_guest_phys(struct domain *d, paddr_t gpa, const void *from,
                       size_t bytes)
{
    return copy_phys(d, gpa, NULL, from, bytes, true);
}
