/* SPDX-License-Identifier: MIT */
/* What the rows need of the place they run in: a guest, or a process of Dom0.
 */
#ifndef ERRNO_ENV_H
#define ERRNO_ENV_H

#include <stdint.h>

/* Page n (0 or 1): always the same one, never swapped, zeroed by this call. */
void *env_page(unsigned int n);
/* An address that the hypervisor cannot read. */
void *env_bad_address(void);
long env_call(unsigned int nr, unsigned long a1, unsigned long a2,
              unsigned long a3);
void env_print(const char *name, long rc);

/* Ask every row. */
void errno_rows(void);

#endif /* ERRNO_ENV_H */
