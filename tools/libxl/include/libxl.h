/* SPDX-License-Identifier: MIT */
/* libxl: the life cycle of domains, for xl and whoever else manages them. */
#ifndef LIBXL_H
#define LIBXL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <uuid/uuid.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xentoollog.h>

/*
 * Functions return 0 (or what they say) and a negative ERROR_* on failure,
 * having logged one line that names the cause. Types have _init, which sets
 * "not given" everywhere, and _dispose, which frees what they point to.
 */
enum
{
    ERROR_NONSPECIFIC = -1,
    ERROR_VERSION = -2,
    ERROR_FAIL = -3,
    ERROR_NI = -4,
    ERROR_NOMEM = -5,
    ERROR_INVAL = -6,
    ERROR_BADFAIL = -7,
    ERROR_GUEST_TIMEDOUT = -8,
    ERROR_TIMEDOUT = -9,
    ERROR_NOPARAVIRT = -10,
    ERROR_NOT_READY = -11,
    ERROR_DEVICE_EXISTS = -17,
    ERROR_DOMAIN_NOTFOUND = -21,
    ERROR_ABORTED = -22,
    ERROR_NOTFOUND = -23,
};

typedef struct libxl_ctx libxl_ctx;

/* --- types --- */

/* How much a domain's memory limit exceeds its size, for rings and tables. */
#define LIBXL_MAXMEM_CONSTANT 1024

#define LIBXL_MEMKB_DEFAULT   (~(uint64_t)0)
#define LIBXL_MAX_VCPUS       128u

/* How many event channels a domain gets that does not say. */
#define LIBXL_EVENT_CHANNELS 1023u

typedef enum
{
    LIBXL_ACTION_ON_SHUTDOWN_DESTROY = 1,
    LIBXL_ACTION_ON_SHUTDOWN_RESTART,
    LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME,
    LIBXL_ACTION_ON_SHUTDOWN_PRESERVE,
    LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY,
    LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART,
    LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET,
} libxl_action_on_shutdown;

const char *libxl_action_on_shutdown_to_string(libxl_action_on_shutdown a);
int libxl_action_on_shutdown_from_string(const char *s,
                                         libxl_action_on_shutdown *a);

typedef enum
{
    LIBXL_DISK_FORMAT_RAW = 1,
    LIBXL_DISK_FORMAT_EMPTY,
    LIBXL_DISK_FORMAT_OTHER, /* recognised, but nothing here serves it */
} libxl_disk_format;

typedef struct
{
    uint32_t backend_domid;
    char *pdev_path;
    char *vdev;
    char *script; /* null: a block device is used as it is, a file by "block" */
    libxl_disk_format format;
    bool readwrite, is_cdrom, removable, no_discard, direct_io_safe;
} libxl_device_disk;

typedef struct
{
    uint32_t backend_domid;
    int devid; /* -1: the next free one */
    uint8_t mac[6];
    bool have_mac;
    char *ip, *bridge, *ifname, *script, *gatewaydev, *model;
    uint64_t rate_bytes_per_interval;
    uint32_t rate_interval_usecs;
    int mtu; /* 0: the bridge's */
    bool untrusted;
} libxl_device_nic;

/* A directory of the backend's that the guest mounts by 9P, by its tag. */
typedef struct
{
    uint32_t backend_domid;
    int devid;
    char *tag, *path;
    char *security_model; /* QEMU's: whose the guest's files are in path */
} libxl_device_p9;

void libxl_device_disk_init(libxl_device_disk *disk);
void libxl_device_disk_dispose(libxl_device_disk *disk);
void libxl_device_nic_init(libxl_device_nic *nic);
void libxl_device_nic_dispose(libxl_device_nic *nic);
void libxl_device_p9_init(libxl_device_p9 *p9);
void libxl_device_p9_dispose(libxl_device_p9 *p9);

/* A set of CPUs as ranges were given, as long as the machine's map. */
typedef struct
{
    unsigned int size; /* bytes */
    uint8_t *map;
} libxl_bitmap;

typedef struct
{
    char *name;
    uuid_t uuid;
    bool have_uuid;
    char *pool_name;
} libxl_domain_create_info;

typedef struct
{
    unsigned int max_vcpus;
    unsigned int avail_vcpus; /* how many of them start online */
    uint64_t max_memkb, target_memkb;
    char *kernel, *ramdisk, *cmdline;
    bool nested_hvm;
    bool localtime;
    int32_t rtc_timeoffset;
    uint32_t tsc_mode;
    bool invtsc;
    int timer_mode;
    uint32_t event_channels;
    int32_t max_grant_frames, max_maptrack_frames; /* -1: the default */
    unsigned int max_grant_version;                /* 0: the highest there is */
    bool msr_relaxed;
    int sched_weight, sched_cap; /* -1: the default */
    unsigned int nr_hard, nr_soft;
    libxl_bitmap *hard, *soft; /* per vcpu; the last one counts for the rest */
    unsigned int nr_cpuid;
    struct xg_cpuid_override *cpuid;
} libxl_domain_build_info;

typedef struct
{
    libxl_domain_create_info c_info;
    libxl_domain_build_info b_info;
    unsigned int num_disks, num_nics, num_p9s;
    libxl_device_disk *disks;
    libxl_device_nic *nics;
    libxl_device_p9 *p9s;
    libxl_action_on_shutdown on_poweroff, on_reboot, on_watchdog, on_crash,
        on_soft_reset;
} libxl_domain_config;

void libxl_domain_config_init(libxl_domain_config *config);
void libxl_domain_config_dispose(libxl_domain_config *config);
/* Pretty-printed; free(3) it. */
char *libxl_domain_config_to_json(const libxl_domain_config *config);

/* Into an initialized configuration, which is to be disposed of in any case. */
int libxl_domain_config_from_json(libxl_ctx *ctx, const char *text,
                                  libxl_domain_config *config);

typedef struct
{
    uint32_t domid;
    uuid_t uuid;
    bool running, blocked, paused, shutdown, dying, never_stop;
    unsigned int shutdown_reason;
    uint64_t current_memkb, outstanding_memkb, max_memkb, cpu_time;
    unsigned int nr_vcpus; /* 0 until they are made */
    unsigned int vcpu_online, cpupool;
} libxl_dominfo;

/* --- context --- */

libxl_ctx *libxl_ctx_alloc(xentoollog_logger *logger);
void libxl_ctx_free(libxl_ctx *ctx);
/* The hypervisor interface, for what needs no wrapping. */
xc_interface *libxl_ctx_xch(libxl_ctx *ctx);
/* Make a creation that is under way fail soon; for signal handlers. */
void libxl_abort(libxl_ctx *ctx);
/* Let go of connections in the child of a fork and open new ones. */
int libxl_ctx_postfork(libxl_ctx *ctx);

/* --- life: libxl_create.c, libxl_destroy.c, libxl_event.c --- */

/*
 * Create and build a domain; it is left paused. If anything fails nothing of
 * it is left behind. The configuration gets its uuid and MACs filled in.
 */
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config,
                            uint32_t *domid);
/*
 * The same from an image on fd: what kernel and ramdisk would have brought is
 * in it. incoming: the domain that it was saved from may still be here, and
 * goes when this one has taken its place.
 */
int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *config,
                                int fd, bool incoming, uint32_t *domid);
int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid);

/* --- saving: libxl_save.c --- */

#define LIBXL_SUSPEND_DEBUG 1u
#define LIBXL_SUSPEND_LIVE  2u

/*
 * Write the domain's image to fd and leave it suspended; live: most of it
 * while the domain runs. After a failure it may be suspended or not:
 * libxl_domain_resume() lets it go on in either case.
 */
int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd,
                         unsigned int flags);
int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid);
/* The configuration of a domain as it is now; dispose of it in any case. */
int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *config);

typedef enum
{
    LIBXL_EVENT_DOMAIN_SHUTDOWN, /* it stopped by itself: see the reason */
    LIBXL_EVENT_DOMAIN_DEATH,    /* somebody destroyed it */
} libxl_event_type;

/* Wait until a domain stops, other than to be saved, or goes away. */
int libxl_wait_domain_end(libxl_ctx *ctx, uint32_t domid,
                          libxl_event_type *type, unsigned int *reason);

/* --- control and information: libxl_dom.c --- */

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid);
/* malloc()ed array of nr entries. */
libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nr);
/* malloc()ed; null when the domain has no name. */
char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid);
int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid);
/* A number, a name or, with a dash, a uuid. */
int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name,
                                    uint32_t *domid);
int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *new_name);
int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid);
int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid);
int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid);
int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid);
int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq);
int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, uint32_t trigger,
                       uint32_t vcpu);
/* Write memory and registers to a file, in Xen's format of core dumps. */
int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid,
                           const char *filename);
/* When the domain was started, 0 if unknown. */
time_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid);
int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, unsigned int count);
/* Whether the guest may use that vCPU now. */
bool libxl_vcpu_available(libxl_ctx *ctx, uint32_t domid, unsigned int vcpu);
const char *libxl_scheduler_to_string(int sched_id);
/* -1 for an unknown name. */
int libxl_scheduler_from_string(const char *name);

/* --- pools of CPUs: libxl_cpupool.c --- */

/* malloc()ed */
char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid);
/* A number or a name; ERROR_NOTFOUND. */
int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *text,
                                         uint32_t *poolid);
int libxl_cpupool_create(libxl_ctx *ctx, const char *name, int sched_id,
                         const libxl_bitmap *cpus, uint32_t *poolid);
int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid);
int libxl_cpupool_rename(libxl_ctx *ctx, uint32_t poolid, const char *name);
int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid,
                         const libxl_bitmap *cpus);
int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid,
                            const libxl_bitmap *cpus);
int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid);

/* --- memory: libxl_mem.c --- */

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid,
                            uint64_t target_memkb);
int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t max_memkb);

/* --- console: libxl_console.c --- */

/*
 * Becomes the console program; returns only on failure. notify_fd may be -1;
 * escape null stands for ^].
 */
int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num,
                       int notify_fd, const char *escape);

/* --- devices: libxl_disk.c, libxl_nic.c, libxl_9pfs.c --- */

/* Parse xl's disk, vif and p9 specifications; on failure *err is a message. */
int libxl_disk_parse(const char *spec, libxl_device_disk *disk, char *err,
                     size_t err_size);
int libxl_nic_parse(const char *spec, libxl_device_nic *nic, char *err,
                    size_t err_size);
int libxl_p9_parse(const char *spec, libxl_device_p9 *p9, char *err,
                   size_t err_size);
/* The number that a virtual disk name such as xvda1 stands for, or -1. */
int libxl_vdev_to_devid(const char *vdev);

int libxl_device_disk_add(libxl_ctx *ctx, uint32_t domid,
                          libxl_device_disk *disk);
int libxl_device_nic_add(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic);
/* Ask a frontend to let go, wait, then remove what is left. */
int libxl_device_remove(libxl_ctx *ctx, uint32_t domid, const char *kind,
                        int devid, bool force);

/* One device as its owner's part of XenStore tells. */
typedef struct
{
    int devid, backend_domid, state, evtch, evtch_rx;
    int ref_tx, ref_rx;
    char *backend, *mac;
} libxl_device_info;

/* malloc()ed array, its strings too. */
libxl_device_info *libxl_device_list(libxl_ctx *ctx, uint32_t domid,
                                     const char *kind, int *nr);
void libxl_device_list_free(libxl_device_info *list, int nr);

/* --- stored configuration: libxl_userdata.c --- */

/* The JSON text stored when a domain was created; malloc()ed, or null. */
char *libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *kind);
int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *kind,
                         const char *text);

#endif
