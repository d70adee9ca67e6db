/* SPDX-License-Identifier: MIT */
/* Checking the hypervisor's books against each other. */
#pragma once

/*
 * Compare pages with references, grants with handles, event channels with
 * their peers; look for locks that nobody should hold. Prints the first 20
 * faults found and returns their number. No lock may be held by the caller.
 */
unsigned int audit_all(void);
