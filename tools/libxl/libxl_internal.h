/* SPDX-License-Identifier: MIT */
/* What the files of libxl share. */
#ifndef LIBXL_INTERNAL_H
#define LIBXL_INTERNAL_H

#include <signal.h>
#include <stdarg.h>

#include <xenstore.h>

#include "libxl.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct libxl_ctx
{
    xentoollog_logger *lg;
    xc_interface *xch;
    struct xs_handle *xsh; /* use libxl__xs() */
    volatile sig_atomic_t aborted;
};

#define LIBXL__TOOLSTACK_DOMID 0u

/* --- messages: libxl.c --- */

void libxl__log(libxl_ctx *ctx, xentoollog_level level, int errnoval,
                uint32_t domid, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#define LOGD(ctx, level, domid, ...) \
    libxl__log(ctx, XTL_##level, -1, domid, __VA_ARGS__)
#define LOGED(ctx, level, domid, ...) \
    libxl__log(ctx, XTL_##level, errno, domid, __VA_ARGS__)
#define LOG(ctx, level, ...)  LOGD(ctx, level, INVALID_DOMID, __VA_ARGS__)
#define LOGE(ctx, level, ...) LOGED(ctx, level, INVALID_DOMID, __VA_ARGS__)

/* These end the program when there is no memory, as nothing sane is left. */
char *libxl__strdup(const char *s); /* null stays null */
char *libxl__asprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
void *libxl__calloc(size_t n, size_t size);
void *libxl__realloc(void *p, size_t n, size_t size);

/* --- XenStore: libxl_xs.c --- */

/* A path by value: path("/local/domain/%u", domid).s in one expression. */
struct libxl__path
{
    char s[256];
};

struct libxl__path libxl__path(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
#define path(...) libxl__path(__VA_ARGS__)

/* The connection; null after having said why there is none. */
struct xs_handle *libxl__xs(libxl_ctx *ctx);

/* Who may do what; the owner is first. */
struct libxl__perms
{
    struct xs_permissions p[2];
    unsigned int nr;
};

struct libxl__perms libxl__perms_private(void);            /* n0 */
struct libxl__perms libxl__perms_readable(uint32_t domid); /* n0 rD */
struct libxl__perms libxl__perms_owned(uint32_t domid);    /* nD */
struct libxl__perms libxl__perms_owned_ro(uint32_t domid); /* nD r0 */

/*
 * A list of writes that a transaction repeats until it is done. Values may be
 * null: then it is mkdir. A failure of any is the failure of all.
 */
struct libxl__write
{
    char *path;
    char *value;
    struct libxl__perms perms;
    bool remove;
};

struct libxl__batch
{
    struct libxl__write *writes;
    unsigned int nr, room;
};

void libxl__batch_write(struct libxl__batch *b, struct libxl__perms perms,
                        struct libxl__path where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void libxl__batch_mkdir(struct libxl__batch *b, struct libxl__perms perms,
                        struct libxl__path where);
void libxl__batch_rm(struct libxl__batch *b, struct libxl__path where);
/* Do it all or nothing, and free the list either way. */
int libxl__batch_commit(libxl_ctx *ctx, struct libxl__batch *b);
void libxl__batch_free(struct libxl__batch *b);

/* malloc()ed, null when there is nothing to read. */
char *libxl__xs_read(libxl_ctx *ctx, struct libxl__path where);
/* -1 when absent or no number. */
long long libxl__xs_read_number(libxl_ctx *ctx, struct libxl__path where);
/* One allocation, as xs_directory() gives it. */
char **libxl__xs_directory(libxl_ctx *ctx, struct libxl__path where,
                           unsigned int *nr);
int libxl__xs_write(libxl_ctx *ctx, struct libxl__path where, const char *fmt,
                    ...) __attribute__((format(printf, 3, 4)));
int libxl__xs_rm(libxl_ctx *ctx, struct libxl__path where);

/*
 * Wait until test() says 1 (done) or a negative error about the node, each
 * time it changes, or until the time is over: ERROR_TIMEDOUT.
 */
int libxl__xs_wait(libxl_ctx *ctx, const char *node, unsigned int seconds,
                   int (*test)(libxl_ctx *ctx, const char *node, void *opaque),
                   void *opaque);
/* Likewise, and test() is also called when there is something to read from fd.
 */
int libxl__xs_wait_or(
    libxl_ctx *ctx, const char *node, int fd, unsigned int seconds,
    int (*test)(libxl_ctx *ctx, const char *node, void *opaque), void *opaque);

/* --- devices: libxl_device.c --- */

/* States of the xenbus handshake, public/io/xenbus.h */
enum
{
    LIBXL__STATE_INITIALISING = 1,
    LIBXL__STATE_INIT_WAIT = 2,
    LIBXL__STATE_CLOSING = 5,
    LIBXL__STATE_CLOSED = 6,
};

#define LIBXL__KIND_9PFS "9pfs"

struct libxl__device
{
    uint32_t domid, backend_domid;
    const char *kind; /* vbd, vif, console, LIBXL__KIND_9PFS */
    int devid;
};

struct libxl__path libxl__device_backend(const struct libxl__device *dev);

/*
 * Start a device's list of writes: the nodes that every device has. front()
 * and back() then add the kind's own.
 */
void libxl__device_begin(struct libxl__batch *b,
                         const struct libxl__device *dev);
void libxl__device_back(struct libxl__batch *b, const struct libxl__device *dev,
                        const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void libxl__device_front(struct libxl__batch *b,
                         const struct libxl__device *dev, const char *key,
                         const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Write the device's list, which is freed, and connect it: all or nothing.
 * ERROR_DEVICE_EXISTS, and no harm done, if the domain has one of its number.
 */
int libxl__device_add(libxl_ctx *ctx, const struct libxl__device *dev,
                      struct libxl__batch *b, const char *script,
                      const char *action);
/* Wait for the backend driver, then run the script if there is one. */
int libxl__device_connect(libxl_ctx *ctx, const struct libxl__device *dev,
                          const char *script, const char *action);
/* Every device of a domain that is being destroyed. */
void libxl__devices_destroy(libxl_ctx *ctx, uint32_t domid);

/* --- specifications: libxl_spec.c --- */

/*
 * Call set() for each parameter of "parameter=value,...", up to the first error
 * that it returns; what is no parameter is an error with a message in err.
 */
int libxl__spec_parse(const char *spec,
                      int (*set)(void *opaque, const char *name,
                                 const char *value),
                      void *opaque, char *err, size_t err_size);

/* Make it the message, and return ERROR_INVAL. */
int libxl__spec_fail(char *err, size_t err_size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Only Dom0 serves devices. */
int libxl__spec_backend(const char *value, char *err, size_t err_size);

/* --- libxl_dom.c --- */

/* A domain but that one whose home has a node with this value; its number. */
bool libxl__domain_with(libxl_ctx *ctx, const char *key, const char *value,
                        uint32_t except, uint32_t *domid);
/* Could a domain be called that? Files are, too, so no slash; says why not. */
bool libxl__name_is_valid(libxl_ctx *ctx, const char *name);

/* Ask by control/shutdown, and wait until it has taken the request up. */
int libxl__domain_request(libxl_ctx *ctx, uint32_t domid, const char *what,
                          unsigned int seconds);

/* --- hotplug scripts: libxl_hotplug.c --- */

int libxl__hotplug(libxl_ctx *ctx, const struct libxl__device *dev,
                   const char *script, const char *action);
/* The script's path; relative names are in the scripts' directory. */
char *libxl__script_path(const char *script);

/* --- QEMU: libxl_dm.c --- */

/* Complain unless there is one. */
int libxl__dm_check(libxl_ctx *ctx);
/*
 * Start the one of a domain whose devices' nodes are written, and wait until it
 * is ready. Whether it succeeds or not, libxl__dm_stop() cleans up.
 */
int libxl__dm_start(libxl_ctx *ctx, uint32_t domid, const char *name,
                    uint64_t memory_kb);
/* End that of a domain, if it has one, and wait until it is gone. */
void libxl__dm_stop(libxl_ctx *ctx, uint32_t domid);

/* --- parts of creation --- */

/* Can this disk, this directory be served at all? */
int libxl__disk_check(libxl_ctx *ctx, const libxl_device_disk *disk);
int libxl__p9_check(libxl_ctx *ctx, const libxl_device_p9 *p9);
/* Write the nodes that QEMU looks for; wait until it has taken them up. */
int libxl__p9_add(libxl_ctx *ctx, uint32_t domid, const libxl_device_p9 *p9);
int libxl__p9_connect(libxl_ctx *ctx, uint32_t domid,
                      const libxl_device_p9 *p9);
int libxl__console_add(libxl_ctx *ctx, uint32_t domid, uint32_t port,
                       xen_pfn_t gfn);
void libxl__userdata_destroy(libxl_ctx *ctx, uint32_t domid);
/* Complain unless there is this much free memory. */
int libxl__check_free_memory(libxl_ctx *ctx, uint64_t needed_kb);
/* KiB for the pool from which the hypervisor takes its page tables. */
uint64_t libxl__paging_memory_kb(const libxl_domain_build_info *b);

/* --- libxl_json.c --- */

#define LIBXL__NR_ACTIONS (LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET + 1)
/* Enumerators as JSON has them, which differ from xl.cfg's words. */
extern const char *const libxl__action_names[LIBXL__NR_ACTIONS];

#endif
