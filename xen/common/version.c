/* SPDX-License-Identifier: MIT */
/* xen_version: what the hypervisor says about itself. */
#include <xen/cmdline.h>
#include <xen/compat.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/version.h>
#include <public/version.h>

static long op_version(uint64_t arg)
{
    (void)arg;
    return (XEN_ABI_MAJOR << 16) | XEN_ABI_MINOR;
}

/* Copy a string out as the whole of a fixed-size field, padded with zeros. */
static long put_string(uint64_t gva, const char *s, size_t size)
{
    size_t len = strnlen(s, size - 1);

    if ( copy_to_guest_va(gva, s, len) ||
         clear_guest_va(gva + len, size - len) )
        return -EFAULT;
    return 0;
}

static long op_extraversion(uint64_t arg)
{
    return put_string(arg, XEN_ABI_EXTRA, sizeof(xen_extraversion_t));
}

static long op_compile_info(uint64_t arg)
{
    xen_compile_info_t info;

    memset(&info, 0, sizeof(info));
    strlcpy(info.compiler, XEN_COMPILER, sizeof(info.compiler));
    strlcpy(info.compile_by, XEN_COMPILE_BY, sizeof(info.compile_by));
    strlcpy(info.compile_domain, XEN_COMPILE_DOMAIN,
            sizeof(info.compile_domain));
    strlcpy(info.compile_date, XEN_COMPILE_DATE, sizeof(info.compile_date));
    return copy_arg_to_guest(arg, &info) ? -EFAULT : 0;
}

static long op_capabilities(uint64_t arg)
{
    return put_string(arg, "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
                      sizeof(xen_capabilities_info_t));
}

static long op_changeset(uint64_t arg)
{
    return put_string(arg, nidus_commit, sizeof(xen_changeset_info_t));
}

static long op_platform_parameters(uint64_t arg)
{
    /* Where PV guests would find the hypervisor; it is not told to HVM. */
    xen_platform_parameters_t p = { .virt_start = 0 };

    return copy_struct_to_guest(arg, &p, "w") ? -EFAULT : 0;
}

static uint32_t features_of(const struct domain *d)
{
    return (1u << XENFEAT_memory_op_vnode_supported) |
           (1u << XENFEAT_writable_page_tables) |
           (1u << XENFEAT_auto_translated_physmap) |
           (1u << XENFEAT_hvm_safe_pvclock) |
           (1u << XENFEAT_hvm_callback_vector) |
           (1u << XENFEAT_not_direct_mapped) |
           (d->is_hwdom ? 1u << XENFEAT_dom0 : 0);
}

static long op_get_features(uint64_t arg)
{
    xen_feature_info_t fi;

    if ( copy_arg_from_guest(&fi, arg) )
        return -EFAULT;
    if ( fi.submap_idx >= XENFEAT_NR_SUBMAPS )
        return -EINVAL;
    fi.submap = features_of(current->domain);
    return copy_arg_to_guest(arg, &fi) ? -EFAULT : 0;
}

static long op_pagesize(uint64_t arg)
{
    return arg ? -EINVAL : (long)PAGE_SIZE;
}

static long op_guest_handle(uint64_t arg)
{
    return copy_to_guest_va(arg, current->domain->handle,
                            sizeof(xen_domain_handle_t))
               ? -EFAULT
               : 0;
}

static long op_commandline(uint64_t arg)
{
    if ( !current->domain->is_privileged )
        return put_string(arg, "", sizeof(xen_commandline_t));
    return put_string(arg, cmdline_text(), sizeof(xen_commandline_t));
}

static long op_build_id(uint64_t arg)
{
    /* The image is linked without one. */
    (void)arg;
    return current->domain->is_privileged ? -ENODATA : -EPERM;
}

static long (*const ops[])(uint64_t arg) = {
    [XENVER_version] = op_version,
    [XENVER_extraversion] = op_extraversion,
    [XENVER_compile_info] = op_compile_info,
    [XENVER_capabilities] = op_capabilities,
    [XENVER_changeset] = op_changeset,
    [XENVER_platform_parameters] = op_platform_parameters,
    [XENVER_get_features] = op_get_features,
    [XENVER_pagesize] = op_pagesize,
    [XENVER_guest_handle] = op_guest_handle,
    [XENVER_commandline] = op_commandline,
    [XENVER_build_id] = op_build_id,
};

/* xen_version(cmd, arg) */
long do_xen_version(unsigned long cmd, unsigned long arg, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    (void)a3, (void)a4, (void)a5;
    cmd = (uint32_t)cmd;
    return cmd < ARRAY_SIZE(ops) ? ops[cmd](arg) : -ENOSYS;
}
