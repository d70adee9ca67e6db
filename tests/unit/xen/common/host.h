/* SPDX-License-Identifier: MIT */
/* Forced into hypercall code that is compiled for the host: the current CPU. */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include <xen/percpu.h>

extern struct percpu test_cpu;

/* The macros "current" and "smp_processor_id()" build on this one. */
#define this_cpu() (&test_cpu)

struct domain;
struct vcpu;

/* A domain with vCPUs, enough for hypercalls to work on; freed at the end. */
struct domain *test_domain_create(unsigned int domid, unsigned int nr_vcpus,
                                  bool privileged);
void test_domains_destroy(void);
/* Run hypercalls as vCPU 0 of d. */
void test_become(struct domain *d);
/* Upcalls that v was given since the last question. */
unsigned int test_upcalls(const struct vcpu *v);

#endif
