/* SPDX-License-Identifier: MIT */
/* XenStore helpers that clients and the daemon have in common. */

#ifndef XENSTORE_LIB_H
#define XENSTORE_LIB_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#define XS_PERM_NONE  0x00
#define XS_PERM_READ  0x01
#define XS_PERM_WRITE 0x02

/* Bits above the two on the wire, for the daemon's own use. */
#define XS_PERM_ENOENT_OK 0x04
#define XS_PERM_OWNER     0x08
#define XS_PERM_IGNORE    0x10

struct xs_permissions
{
    unsigned int id;    /* the domain */
    unsigned int perms; /* XS_PERM_* */
};

/* Room for any unsigned value of x's type in decimal, with the NUL. */
#define MAX_STRLEN(x) ((sizeof(x) * CHAR_BIT + CHAR_BIT - 1) / 10 * 3 + 2)

/* Where the daemon is; XENSTORED_RUNDIR and XENSTORED_PATH override. */
const char *xs_daemon_rundir(void);
const char *xs_daemon_socket(void);
const char *xs_daemon_socket_ro(void);

/* write() until all is written. */
bool xs_write_all(int fd, const void *data, unsigned int len);

/*
 * Read num permissions, such as "r0", from as many consecutive strings.
 * False, and errno EINVAL, when one of them is none.
 */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
                         const char *strings);

#endif /* XENSTORE_LIB_H */
