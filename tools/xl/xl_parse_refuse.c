/* SPDX-License-Identifier: MIT */
/* Settings of Xen's xl.cfg that are refused, and those that do no harm. */

#include <string.h>

#include <cfg.h>

#include "xl_parse.h"

/*
 * Settings that real xl knows and that cannot be served here. One that says
 * "off" (0, "", "none", an empty list) is fine.
 */
static const struct refusal
{
    const char *name;
    const char *why;
} refusals[] = {
    { "bootloader", "boot loaders in Dom0 are not supported: use kernel=" },
    { "bootloader_args", "boot loaders in Dom0 are not supported" },
    { "firmware", "PVH firmware is not supported: use kernel=" },
    { "bios", "needs an HVM domain" },
    { "device_model_version", "needs an HVM domain" },
    { "device_model_override", "needs an HVM domain" },
    { "device_model_args", "needs an HVM domain" },
    { "device_model_args_hvm", "needs an HVM domain" },
    { "vnc", "needs an HVM domain" },
    { "sdl", "needs an HVM domain" },
    { "spice", "needs an HVM domain" },
    { "vfb", "virtual framebuffers are not supported" },
    { "vkb", "virtual keyboards are not supported" },
    { "vsnd", "virtual sound is not supported" },
    { "vdispl", "virtual displays are not supported" },
    { "usb", "needs an HVM domain" },
    { "usbdev", "USB passthrough is not supported" },
    { "usbctrl", "USB passthrough is not supported" },
    { "pci", "PCI passthrough is not supported (it needs VT-d)" },
    { "vtpm", "virtual TPMs are not supported" },
    { "pvcalls", "pvcalls is not supported" },
    { "channel", "channels are not supported" },
    { "viridian", "Viridian enlightenments are not supported" },
    { "vnuma", "virtual NUMA is not supported" },
    { "seclabel", "security labels need XSM, which is not supported" },
    { "init_seclabel", "security labels need XSM" },
    { "device_model_stubdomain_override", "needs an HVM domain" },
    { "driver_domain", "driver domains are not supported" },
    { "altp2m", "alternate p2m views are not supported" },
    { "vmtrace_buf_kb", "processor tracing is not supported" },
    { "iomem", "passing machine memory through is not supported" },
    { "ioports", "passing I/O ports through is not supported" },
    { "irqs", "passing interrupts through is not supported" },
    { "vpmu", "the virtual PMU is not supported" },
    { "tee", "is for ARM" },
    { "vuart", "is for ARM" },
    { "smbios_firmware", "needs an HVM domain" },
    { "acpi_firmware", "additional ACPI tables are not supported" },
    { "vcpu_list", "use vcpus and maxvcpus" },
    { "shared_watchdog", "watchdog sharing is not supported" },
};

/* Settings without a meaning for PVH domains that do no harm. */
static const char *const ignored[] = {
    "boot",
    "serial",
    "nographic",
    "vga",
    "stdvga",
    "videoram",
    "vncpasswd",
    "vnclisten",
    "vncdisplay",
    "vncunused",
    "keymap",
    "soundhw",
    "usbdevice",
    "pae",
    "xen_platform_pci",
    "hpet",
    "acpi_s3",
    "acpi_s4",
    "nomigrate",
    "claim_mode",
    "monitor",
    "parallel",
    "gfx_passthru",
    "opengl",
    "ms_vm_genid",
    "e820_host",
    "shadow_memory",
    "suppress_spurious_page_faults",
    "xend_config_format",
};

static bool is_off(const struct cfg_value *value)
{
    const char *text = cfg_value_text(value);

    if ( !text )
        return !value->nr_items;
    return !*text || !strcmp(text, "0") || !strcmp(text, "none") ||
           !strcmp(text, "disabled");
}

void parse_check_refused(struct parse *p)
{
    const struct cfg_value *value;
    size_t i;

    for ( i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++ )
    {
        value = cfg_get(p->cfg, refusals[i].name);
        if ( value && !is_off(value) )
            parse_error_at(p, refusals[i].name, refusals[i].why);
    }
    for ( i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++ )
        (void)cfg_get(p->cfg, ignored[i]);
}

/* Things that a PVH domain always has. */
void parse_check_always(struct parse *p)
{
    static const char *const names[] = { "acpi", "apic", "hap" };
    bool on;
    size_t i;

    for ( i = 0; i < sizeof(names) / sizeof(names[0]); i++ )
        if ( parse_get_bool(p, names[i], &on) && !on )
            parse_error_at(p, names[i],
                           "a PVH domain cannot be without it here");
}
