/* SPDX-License-Identifier: MIT */
/* Watchdogs: those of domains (SCHEDOP_watchdog), and the hypervisor's own. */
#pragma once

#include <xen/timer.h>

#define NR_DOMAIN_WATCHDOGS 2

struct domain;

struct domain_watchdog
{
    struct timer timer;
    struct domain *domain;
    bool in_use;
};

void domain_watchdog_destroy(struct domain *d);

struct trap_frame;

/* watchdog=: have the processors, which are all up, watch each other. */
void watchdog_init(void);
/* An NMI came in the hypervisor: does not return where it means this pCPU. */
void watchdog_nmi(const struct trap_frame *f);
