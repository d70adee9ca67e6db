/* SPDX-License-Identifier: MIT */
/* Walking the current vCPU's own page tables, and copying through them. */

#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/canonical.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/guest-walk.h>
#include <asm/log-dirty.h>

#include "p2m-private.h"

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

static const struct paging_mode paging_4_level = { 4, 9, 8 };
static const struct paging_mode paging_pae = { 3, 9, 8 };
static const struct paging_mode paging_32bit = { 2, 10, 4 };

/*
 * Guest memory while its domain's p2m.lock is held: pages do not go away under
 * a p2m entry. Where it was found last is kept: a walk and the access behind
 * it often stay in the region.
 */
struct guest_mem
{
    struct domain *d;
    struct vcpu *l2; /* what this vCPU calls physical is L2's */
    bool user;       /* an access by user mode, not by the kernel */
    struct p2m_region region;
};

static inline void lock_mem(struct guest_mem *m, struct domain *d)
{
    m->d = d;
    m->l2 = NULL;
    m->user = false;
    m->region = (struct p2m_region)P2M_NO_REGION;
    spin_lock(&d->p2m.lock);
}

static inline void lock_linear_mem(struct guest_mem *m, struct vcpu *v)
{
    lock_mem(m, v->domain);
    if ( unlikely(v->arch.nested) && nested_guest_mode(v) )
        m->l2 = v;
}

static inline void unlock_mem(struct guest_mem *m)
{
    spin_unlock(&m->d->p2m.lock);
}

/* What L2 calls physical goes through L1's EPT first. */
static inline paddr_t l1_gpa(const struct guest_mem *m, paddr_t gpa)
{
    return unlikely(m->l2) ? nested_l2_to_l1(m->l2, gpa) : gpa;
}

/* The host address of L1's gpa, NULL if there is no memory. */
static inline void *map_gpa(struct guest_mem *m, paddr_t gpa, bool write)
{
    uint64_t gfn = gpa >> PAGE_SHIFT, e;
    p2m_type_t t;

    if ( !p2m_in_region(&m->region, gfn) )
        p2m_find_region(&m->d->p2m, gfn, &m->region);
    e = p2m_region_entry(&m->region, gfn);
    t = ept_type(e);
    if ( !p2m_is_any_ram(t) )
        return NULL;
    if ( write )
    {
        if ( p2m_is_readonly(t) )
            return NULL;
        p2m_mark_dirty(m->d, _gfn(gfn));
    }
    return (uint8_t *)maddr_to_virt(e & EPT_ADDR_MASK) +
           (gpa & (PAGE_SIZE - 1));
}

static uint64_t read_entry(const void *p, unsigned int size)
{
    return size == 8 ? *(const volatile uint64_t *)p
                     : *(const volatile uint32_t *)p;
}

static inline bool is_large(const struct paging_mode *mode, unsigned int level,
                            uint64_t e)
{
    if ( !(e & PTE_PS) || level == 1 )
        return false;
    if ( mode->levels == 2 )
        return hvm_get_cr4() & X86_CR4_PSE;
    return level == 2 || (level == 3 && mode->levels == 4);
}

/* Physical address that a leaf translates to, 1 << shift bytes large. */
static inline paddr_t leaf_address(const struct paging_mode *mode, uint64_t e,
                                   unsigned int shift, uint64_t gva)
{
    uint64_t offset = gva & ((1ULL << shift) - 1);

    if ( mode->levels == 2 && shift > PAGE_SHIFT )
        return (((e >> PSE36_SHIFT) & PSE36_MASK) << 32) | (e & 0xffc00000u) |
               offset;
    return (e & PTE_ADDR & ~((1ULL << shift) - 1)) | offset;
}

/* guest_walk() in one paging mode, which is a constant to the compiler. */
static inline __attribute__((always_inline)) int walk_mode(
    struct guest_mem *m, const struct paging_mode *mode, uint64_t gva,
    bool write, paddr_t *gpa, uint32_t *pfec)
{
    uint64_t rights = PTE_RW | PTE_US;
    paddr_t table =
        hvm_get_cr3() & (mode->levels == 3 ? CR3_PAE_ADDR : PTE_ADDR);
    unsigned int shift = PAGE_SHIFT + (mode->levels - 1) * mode->index_bits;

    for ( unsigned int level = mode->levels;;
          level--, shift -= mode->index_bits )
    {
        unsigned int index = (gva >> shift) & ((1u << mode->index_bits) - 1);
        bool pdpte = mode->levels == 3 && level == 3, leaf;
        uint64_t e, set = PTE_A;
        uint8_t *p = map_gpa(m, l1_gpa(m, table), false);

        if ( !p )
            return -EFAULT;
        p += (pdpte ? index & 3 : index) * mode->entry_size;
        e = read_entry(p, mode->entry_size);
        if ( !(e & PTE_P) )
            return -EFAULT;
        if ( !pdpte )
            rights &= e;
        leaf = level == 1 || is_large(mode, level, e);
        if ( leaf && unlikely(m->user) && !(rights & PTE_US) )
        {
            *pfec |= PFEC_PRESENT;
            return -EFAULT;
        }
        if ( leaf && write )
        {
            if ( !(rights & PTE_RW) &&
                 (m->user || (hvm_get_cr0() & X86_CR0_WP)) )
            {
                *pfec |= PFEC_PRESENT;
                return -EFAULT;
            }
            set |= PTE_D;
        }
        if ( unlikely((e & set) != set) && !pdpte )
        {
            /* It may be a page that was granted for reading only. */
            if ( !map_gpa(m, l1_gpa(m, table), true) )
                return -EFAULT;
            __atomic_fetch_or((uint32_t *)p, set, __ATOMIC_RELAXED);
        }
        if ( leaf )
        {
            *gpa = l1_gpa(m, leaf_address(mode, e, shift, gva));
            return 0;
        }
        table = e & PTE_ADDR;
    }
}

/* guest_walk() with the lock held. */
static int walk(struct guest_mem *m, uint64_t gva, bool write, paddr_t *gpa,
                uint32_t *pfec)
{
    *pfec = (write ? PFEC_WRITE : 0) | (m->user ? PFEC_USER : 0);
    if ( likely(hvm_get_efer() & EFER_LMA) )
        return is_canonical(gva)
                   ? walk_mode(m, &paging_4_level, gva, write, gpa, pfec)
                   : -EFAULT;
    if ( !(hvm_get_cr0() & X86_CR0_PG) )
    {
        *gpa = l1_gpa(m, (uint32_t)gva);
        return 0;
    }
    return hvm_get_cr4() & X86_CR4_PAE
               ? walk_mode(m, &paging_pae, gva, write, gpa, pfec)
               : walk_mode(m, &paging_32bit, gva, write, gpa, pfec);
}

int guest_walk(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
               uint32_t *pfec)
{
    struct guest_mem m;
    int rc;

    lock_linear_mem(&m, v);
    rc = walk(&m, gva, write, gpa, pfec);
    unlock_mem(&m);
    return rc;
}

int guest_walk_user(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
                    uint32_t *pfec)
{
    struct guest_mem m;
    int rc;

    lock_linear_mem(&m, v);
    m.user = true;
    rc = walk(&m, gva, write, gpa, pfec);
    unlock_mem(&m);
    return rc;
}

/* Copy to or from host memory; from == NULL clears. */
static void copy_host(uint8_t *p, void *to_host, const void *from_host,
                      size_t n, bool write)
{
    if ( !write )
        memcpy(to_host, p, n);
    else if ( from_host )
        memcpy(p, from_host, n);
    else
        memset(p, 0, n);
}

static int copy_page(struct vcpu *v, uint64_t gva, void *to_host,
                     const void *from_host, size_t n, bool write,
                     uint32_t *pfec)
{
    struct guest_mem m;
    uint8_t *p = NULL;
    paddr_t gpa;
    int rc;

    lock_linear_mem(&m, v);
    rc = walk(&m, gva, write, &gpa, pfec);
    if ( !rc )
    {
        p = map_gpa(&m, gpa, write);
        if ( p )
            copy_host(p, to_host, from_host, n, write);
        else
            rc = -ENOENT;
    }
    unlock_mem(&m);
    return rc;
}

int guest_read_page(struct vcpu *v, uint64_t gva, void *to, size_t n,
                    uint32_t *pfec)
{
    return copy_page(v, gva, to, NULL, n, false, pfec);
}

int guest_write_page(struct vcpu *v, uint64_t gva, const void *from, size_t n,
                     uint32_t *pfec)
{
    return copy_page(v, gva, NULL, from, n, true, pfec);
}

static size_t copy_va(uint64_t gva, void *to_host, const void *from_host,
                      size_t bytes, bool write)
{
    while ( bytes )
    {
        size_t n = min(bytes, (size_t)(PAGE_SIZE - (gva & (PAGE_SIZE - 1))));
        uint32_t pfec;

        if ( copy_page(current, gva, to_host, from_host, n, write, &pfec) )
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
        struct guest_mem m;
        uint8_t *p;

        lock_mem(&m, d);
        p = map_gpa(&m, gpa, write);
        if ( p )
            copy_host(p, to_host, from_host, n, write);
        unlock_mem(&m);
        if ( !p )
            return -EFAULT;
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
