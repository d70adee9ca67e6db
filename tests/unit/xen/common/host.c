/* SPDX-License-Identifier: MIT */
/* What hypercall code calls, as far as the host can stand in for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/domain.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/vcpu-op.h>

#include "host.h"
#include "host-mm.h"

#define MAX_TEST_DOMAINS 4

struct percpu test_cpu;
struct domain *dom0;
struct list_head domain_list = LIST_HEAD_INIT(domain_list);

static struct domain *domains[MAX_TEST_DOMAINS];
static unsigned int nr_domains;
static struct
{
    const struct vcpu *v;
    unsigned int count;
} upcalls[64];

/* --- Memory: the guest's addresses are the test's. --- */

static uint64_t window_start, window_end;
bool test_copied_locked;

void test_guest_window(void *start, size_t size)
{
    window_start = (uint64_t)start;
    window_end = window_start + size;
}

/* Without a window a test is trusted with what it passes, but for NULL. */
static bool reachable(uint64_t gva, size_t bytes)
{
    if ( !window_end )
        return gva != 0;
    return gva >= window_start && gva <= window_end &&
           bytes <= window_end - gva;
}

size_t copy_from_guest_va(void *to, uint64_t gva, size_t bytes)
{
    if ( !reachable(gva, bytes) )
        return bytes;
    memcpy(to, (void *)gva, bytes);
    return 0;
}

size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes)
{
    if ( !reachable(gva, bytes) )
        return bytes;
    memcpy((void *)gva, from, bytes);
    test_copied_locked |= spin_is_locked(&current->domain->lock);
    return 0;
}

void *xzalloc_bytes(size_t size)
{
    return calloc(1, size);
}

void *xmalloc_bytes(size_t size)
{
    return malloc(size);
}

void xfree(void *p)
{
    free(p);
}

/* --- Domains. --- */

bool get_domain(struct domain *d)
{
    d->refcnt++;
    return true;
}

void put_domain(struct domain *d)
{
    d->refcnt--;
}

struct domain *get_domain_by_id(domid_t domid)
{
    for ( unsigned int i = 0; i < nr_domains; i++ )
        if ( domains[i]->domain_id == domid && get_domain(domains[i]) )
            return domains[i];
    return NULL;
}

struct domain *domain_next(struct domain *d)
{
    unsigned int i = 0;

    while ( d && domains[i++] != d )
        ;
    if ( d )
        put_domain(d);
    return i < nr_domains && get_domain(domains[i]) ? domains[i] : NULL;
}

int domain_get_target(domid_t domid, struct domain **out)
{
    struct domain *cd = test_cpu.curr->domain;

    *out = domid == DOMID_SELF ? cd : get_domain_by_id(domid);
    if ( domid == DOMID_SELF )
        get_domain(cd);
    if ( !*out )
        return -ESRCH;
    if ( *out == cd || cd->is_privileged )
        return 0;
    put_domain(*out);
    return -EPERM;
}

struct domain *test_domain_create(unsigned int domid, unsigned int nr_vcpus,
                                  bool privileged)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->domain_id = domid;
    d->is_privileged = privileged;
    d->refcnt = 1;
    d->max_vcpus = nr_vcpus;
    d->domctl_max_evtchn_port = 1023;
    d->vcpu = calloc(nr_vcpus, sizeof(*d->vcpu));
    d->max_pages = 64;
    d->shared_info = alloc_xenheap_page();
    share_xen_page_with_guest(d->shared_info, d);
    if ( evtchn_domain_init(d) )
        abort();
    for ( unsigned int i = 0; i < nr_vcpus; i++ )
    {
        struct vcpu *v = d->vcpu[i] = calloc(1, sizeof(*v));

        v->domain = d;
        v->vcpu_id = i;
        v->vcpu_info = &d->shared_info->vcpu_info[i];
        if ( evtchn_vcpu_init(v) )
            abort();
    }
    domains[nr_domains++] = d;
    list_add_tail(&d->list, &domain_list);
    return d;
}

void test_domains_destroy(void)
{
    /* All mappings first: pages need their owners. */
    for ( unsigned int i = 0; i < nr_domains; i++ )
    {
        if ( evtchn_domain_destroy(domains[i]) )
            abort();
        test_p2m_destroy(domains[i]);
    }
    for ( unsigned int i = 0; i < nr_domains; i++ )
        test_release_pages(domains[i]);
    while ( nr_domains )
    {
        struct domain *d = domains[--nr_domains];

        list_del(&d->list);
        for ( unsigned int i = 0; i < d->max_vcpus; i++ )
        {
            evtchn_vcpu_destroy(d->vcpu[i]);
            free(d->vcpu[i]);
        }
        evtchn_domain_free(d);
        free_xenheap_page(d->shared_info);
        free(d->vcpu);
        free(d);
    }
    memset(upcalls, 0, sizeof(upcalls));
}

void test_become(struct domain *d)
{
    test_cpu.curr = d->vcpu[0];
    test_cpu.curr->hcall_compat = false;
}

void test_become_32bit(struct domain *d)
{
    test_become(d);
    test_cpu.curr->hcall_compat = true;
}

uint32_t *test_low_page(void)
{
    static void *page;

    if ( !page )
        page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if ( page == MAP_FAILED )
        abort();
    return memset(page, 0, PAGE_SIZE);
}

/* --- What happens to vCPUs is only counted. --- */

void hvm_assert_evtchn_upcall(struct vcpu *v)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(upcalls); i++ )
        if ( upcalls[i].v == v || !upcalls[i].v )
        {
            upcalls[i].v = v;
            upcalls[i].count++;
            return;
        }
}

unsigned int test_upcalls(const struct vcpu *v)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(upcalls); i++ )
        if ( upcalls[i].v == v )
        {
            unsigned int n = upcalls[i].count;

            upcalls[i].count = 0;
            return n;
        }
    return 0;
}

void vcpu_unblock(struct vcpu *v)
{
    v->pause_flags &= ~(VPF_blocked | VPF_polling);
}

/* Weak: tests of these very things have the real ones, or others. */
void __attribute__((weak)) vcpu_info_unmap(struct vcpu *v)
{
}

s_time_t NOW(void)
{
    return 0;
}

void __attribute__((weak))
hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                   unsigned long a4, unsigned long a5)
{
    abort(); /* nothing is preempted here */
}

bool __attribute__((weak)) hypercall_preempt_check(void)
{
    return false;
}

void assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, expr);
    abort();
}

/* One pCPU is all there is, and what a test has others do meanwhile. */
void (*test_meanwhile)(void);

void smp_synchronize(void)
{
    if ( test_meanwhile )
        test_meanwhile();
}
