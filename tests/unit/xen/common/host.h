/* SPDX-License-Identifier: MIT */
/* Forced into hypercall code that is compiled for the host: the current CPU. */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include <xen/mm.h>
#include <xen/percpu.h>

extern struct percpu test_cpu;

/* The macros "current" and "smp_processor_id()" build on this one. */
#define this_cpu() (&test_cpu)

/* Machine memory is an array of the test's, see host-mm.c. */
struct page_info *test_mfn_to_page(mfn_t mfn);
mfn_t test_page_to_mfn(const struct page_info *pg);
void *test_page_to_virt(const struct page_info *pg);
mfn_t test_virt_to_mfn(const void *va);
#define mfn_to_page(mfn) test_mfn_to_page(mfn)
#define page_to_mfn(pg)  test_page_to_mfn(pg)
#define page_to_virt(pg) test_page_to_virt(pg)
#define virt_to_mfn(va)  test_virt_to_mfn(va)

struct domain;
struct vcpu;

/* A domain with vCPUs, enough for hypercalls to work on; freed at the end. */
struct domain *test_domain_create(unsigned int domid, unsigned int nr_vcpus,
                                  bool privileged);
void test_domains_destroy(void);
/* From now on addresses outside of this fault, as a guest's wild ones do. */
void test_guest_window(void *start, size_t size);
/* Set by copies to a guest while the domain of the running vCPU is locked. */
extern bool test_copied_locked;
/* Called when the hypervisor waits for what other pCPUs are doing. */
extern void (*test_meanwhile)(void);
/* Run hypercalls as vCPU 0 of d. */
void test_become(struct domain *d);
/*
 * The same in 32-bit code, and a page of zeros whose address it can name; there
 * is one.
 */
void test_become_32bit(struct domain *d);
uint32_t *test_low_page(void);
#define LOW_ADDRESS(p) ((uint32_t)(uintptr_t)(p))
/* Pages of the machine that somebody has; 0 once all is given back. */
unsigned int test_pages_in_use(void);
/* A page of RAM of d at gfn; the memory behind a gfn, or NULL. */
void test_add_ram(struct domain *d, uint64_t gfn);
void *test_guest_memory(struct domain *d, uint64_t gfn);
/* Upcalls that v was given since the last question. */
unsigned int test_upcalls(const struct vcpu *v);

#endif
