/* SPDX-License-Identifier: MIT */
/*
 * Ask the hypervisor the rows of the control domain, from a process in it:
 * prints "errno NAME RESULT" lines. Needs /dev/xen/privcmd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ERRNO_ROWS "dom0-rows.def"
#include "rows.c"

#define PAGE_BYTES  4096
#define BAD_ADDRESS 0x10000 /* nothing is ever mapped so low */

/* The kernel's interface: linux include/uapi/xen/privcmd.h. */
struct privcmd_hypercall
{
    uint64_t op;
    uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL \
    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

static int privcmd;
static char *pages;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

void *env_page(unsigned int n)
{
    return memset(pages + n * PAGE_BYTES, 0, PAGE_BYTES);
}

void *env_bad_address(void)
{
    return (void *)BAD_ADDRESS;
}

long env_call(unsigned int nr, unsigned long a1, unsigned long a2,
              unsigned long a3)
{
    struct privcmd_hypercall call = { .op = nr, .arg = { a1, a2, a3 } };
    int rc = ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);

    return rc < 0 ? -errno : rc;
}

void env_print(const char *name, long rc)
{
    printf("errno %s %ld\n", name, rc);
}

int main(void)
{
    privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if ( privcmd < 0 )
        die("/dev/xen/privcmd");
    pages =
        mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
    if ( pages == MAP_FAILED )
        die("memory");
    errno_rows();
    return 0;
}
