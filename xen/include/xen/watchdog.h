/* SPDX-License-Identifier: MIT */
/* Watchdogs that a domain sets on itself by SCHEDOP_watchdog. */
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
