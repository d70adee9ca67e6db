/* SPDX-License-Identifier: MIT */
/* The XenStore client library, with the binary interface of Xen's own. */

/*
 * Functions that fail return NULL or false and set errno.  Memory they return
 * is released by one free(), also where it is an array of strings.
 *
 * A handle may be used by several threads.  The first xs_watch() starts a
 * thread that receives everything, so that xs_fileno() gets readable when an
 * event is there.
 */

#ifndef XENSTORE_H
#define XENSTORE_H

#include <xenstore_lib.h>

/* No transaction. */
#define XBT_NULL 0

/* Once had a meaning; accepted. */
#define XS_OPEN_READONLY   (1UL << 0)
#define XS_OPEN_SOCKETONLY (1UL << 1)

/*
 * After xs_unwatch() deliver no more events of that watch, not even those that
 * are queued.  The caller then must not use one token for two paths of which
 * one lies below the other.
 */
#define XS_UNWATCH_FILTER (1UL << 2)

struct xs_handle;
typedef uint32_t xs_transaction_t;

/* Connect to the daemon's socket or, failing that, to the kernel's xenbus. */
struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h);

/* Older names of xs_open(0) and xs_close(). */
struct xs_handle *xs_daemon_open(void);
struct xs_handle *xs_domain_open(void);
struct xs_handle *xs_daemon_open_readonly(void);
void xs_daemon_close(struct xs_handle *h);

/* In the child of a fork: let go of the parent's connection. */
void xs_daemon_destroy_postfork(struct xs_handle *h);

/* The names of a node's children, num of them. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *num);

/* A node's value; a NUL that len does not count follows it. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len);
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len);
/* Succeeds also when the node exists. */
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);
/* Removes what is below the node, too. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

/*
 * A node's permissions.  The first entry names the owner, who may do
 * everything, and says what domains without an entry may do.
 */
struct xs_permissions *xs_get_permissions(struct xs_handle *h,
                                          xs_transaction_t t, const char *path,
                                          unsigned int *num);
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num_perms);

/* Always fails: was never usable. */
bool xs_restrict(struct xs_handle *h, unsigned int domid);

/* An event for path and all below it; the first one comes at once. */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);
/* Readable when there may be an event. */
int xs_fileno(struct xs_handle *h);
/*
 * The next event: a pair of strings, indexed by XS_WATCH_PATH and
 * XS_WATCH_TOKEN.  xs_check_watch() fails with EAGAIN when there is none,
 * xs_read_watch() waits for one.
 */
char **xs_check_watch(struct xs_handle *h);
char **xs_read_watch(struct xs_handle *h, unsigned int *num);

/* XBT_NULL on failure. */
xs_transaction_t xs_transaction_start(struct xs_handle *h);
/* Fails with EAGAIN when the transaction has to be done over. */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

/* For the toolstack. */
bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn);
bool xs_set_target(struct xs_handle *h, unsigned int domid,
                   unsigned int target);
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);

/* Is child the same path as parent, or below it? */
bool xs_path_is_subpath(const char *parent, const char *child);

/* A command for the daemon itself; its answer. */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
                         unsigned int len);
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
                       unsigned int len);

/* The event channel by which a domain wants to be suspended, or -1. */
int xs_suspend_evtchn_port(int domid);

#endif /* XENSTORE_H */
