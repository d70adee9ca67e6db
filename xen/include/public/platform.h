/* SPDX-License-Identifier: MIT */
/* platform_op(struct xen_platform_op *): the hardware domain's services. */
#ifndef XEN_PUBLIC_PLATFORM_H
#define XEN_PUBLIC_PLATFORM_H

#include "xen.h"

#define XENPF_INTERFACE_VERSION    0x03000001

#define XENPF_settime32            17
#define XENPF_add_memtype          31
#define XENPF_del_memtype          32
#define XENPF_read_memtype         33
#define XENPF_microcode_update     35
#define XENPF_platform_quirk       39
#define XENPF_get_cpu_version      48
#define XENPF_efi_runtime_call     49
#define XENPF_firmware_info        50
#define XENPF_enter_acpi_sleep     51
#define XENPF_change_freq          52
#define XENPF_getidletime          53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo          55
#define XENPF_cpu_online           56
#define XENPF_cpu_offline          57
#define XENPF_cpu_hotadd           58
#define XENPF_mem_hotadd           59
#define XENPF_core_parking         60
#define XENPF_resource_op          61
#define XENPF_settime64            62
#define XENPF_get_symbol           63

/* The wall clock read secs:nsecs when system time was system_time. */
struct xenpf_settime32
{
    uint32_t secs;        /* IN */
    uint32_t nsecs;       /* IN */
    uint64_t system_time; /* IN: ns */
};
typedef struct xenpf_settime32 xenpf_settime32_t;

struct xenpf_settime64
{
    uint64_t secs;        /* IN */
    uint32_t nsecs;       /* IN */
    uint32_t mbz;         /* IN: zero */
    uint64_t system_time; /* IN: ns */
};
typedef struct xenpf_settime64 xenpf_settime64_t;
#define XENPF_settime XENPF_settime64
#define xenpf_settime xenpf_settime64

struct xenpf_enter_acpi_sleep
{
    uint16_t val_a;       /* IN: PM1a control */
    uint16_t val_b;       /* IN: PM1b control */
    uint32_t sleep_state; /* IN */
    uint32_t flags;       /* IN */
};
typedef struct xenpf_enter_acpi_sleep xenpf_enter_acpi_sleep_t;

#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2
struct xenpf_pcpuinfo
{
    uint32_t xen_cpuid;   /* IN */
    uint32_t max_present; /* OUT: highest CPU number */
    uint32_t flags;       /* OUT: XEN_PCPU_FLAGS_* */
    uint32_t apic_id;     /* OUT */
    uint32_t acpi_id;     /* OUT */
};
typedef struct xenpf_pcpuinfo xenpf_pcpuinfo_t;

struct xenpf_pcpu_version
{
    uint32_t xen_cpuid;   /* IN */
    uint32_t max_present; /* OUT */
    char vendor_id[12];   /* OUT */
    uint32_t family;      /* OUT */
    uint32_t model;       /* OUT */
    uint32_t stepping;    /* OUT */
};
typedef struct xenpf_pcpu_version xenpf_pcpu_version_t;

struct xenpf_cpu_ol
{
    uint32_t cpuid; /* IN */
};
typedef struct xenpf_cpu_ol xenpf_cpu_ol_t;

struct xenpf_symdata
{
    uint32_t namelen; /* IN: room, OUT: length */
    uint32_t symnum;  /* IN/OUT */
    XEN_GUEST_HANDLE(char) name;
    uint64_t address; /* OUT */
    char type;        /* OUT */
};
typedef struct xenpf_symdata xenpf_symdata_t;

#define XEN_RESOURCE_OP_MSR_READ  0
#define XEN_RESOURCE_OP_MSR_WRITE 1
struct xenpf_resource_entry
{
    union
    {
        uint32_t cmd; /* IN: XEN_RESOURCE_OP_* */
        int32_t ret;  /* OUT: -errno, in the entry that failed */
    } u;
    uint32_t rsvd; /* IN: 0 */
    uint64_t idx;  /* IN: the MSR; the TSC reads as system time, ns */
    uint64_t val;  /* IN/OUT */
};
typedef struct xenpf_resource_entry xenpf_resource_entry_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_entry_t);

/* Returns how many entries were done. */
struct xenpf_resource_op
{
    uint32_t nr_entries; /* IN */
    uint32_t cpu;        /* IN */
    XEN_GUEST_HANDLE(xenpf_resource_entry_t) entries;
};
typedef struct xenpf_resource_op xenpf_resource_op_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_op_t);

struct xen_platform_op
{
    uint32_t cmd;               /* IN: XENPF_* */
    uint32_t interface_version; /* IN: XENPF_INTERFACE_VERSION */
    union
    {
        xenpf_settime64_t settime;
        xenpf_settime32_t settime32;
        xenpf_settime64_t settime64;
        xenpf_enter_acpi_sleep_t enter_acpi_sleep;
        xenpf_pcpuinfo_t pcpu_info;
        xenpf_pcpu_version_t pcpu_version;
        xenpf_cpu_ol_t cpu_ol;
        xenpf_resource_op_t resource_op;
        xenpf_symdata_t symdata;
        uint64_t align_;
        uint8_t pad[128];
    } u;
};
typedef struct xen_platform_op xen_platform_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_platform_op_t);

#endif
