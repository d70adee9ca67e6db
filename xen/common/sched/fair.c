/* SPDX-License-Identifier: MIT */
/* Scheduling policy: who has had the least weighted time runs next; pure. */

#include <xen/sched.h>

uint64_t sched_charge(uint64_t vtime, s_time_t ns, uint32_t weight)
{
    return ns > 0 ? vtime + (uint64_t)ns * SCHED_WEIGHT_DEFAULT / weight
                  : vtime;
}

uint64_t sched_wake_vtime(uint64_t vtime, uint64_t queue_vtime)
{
    uint64_t floor = queue_vtime > (uint64_t)SCHED_WAKE_CREDIT
                         ? queue_vtime - SCHED_WAKE_CREDIT
                         : 0;

    return max(vtime, floor);
}

bool sched_preempts(uint64_t vtime, uint64_t running_vtime)
{
    return vtime + SCHED_WAKE_MARGIN < running_vtime;
}
