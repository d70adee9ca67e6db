/* SPDX-License-Identifier: MIT */
/* Who we are. The build names version and commit for this file alone. */
#include <xen/lib.h>
#include <asm/setup.h>

const char nidus_version[] = NIDUS_VERSION;
const char nidus_commit[] = NIDUS_COMMIT;

void banner_print(void)
{
    printk("Nidus %s (%s), a hypervisor for nested virtualization\n",
           nidus_version, nidus_commit);
}
