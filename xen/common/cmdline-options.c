/* SPDX-License-Identifier: MIT */
/* Options without a better home, and those of Xen that mean nothing here. */
#include <xen/cmdline.h>
#include <xen/lib.h>

struct dom0_mem_option opt_dom0_mem;

unsigned int opt_dom0_max_vcpus;

bool opt_noreboot;
boolean_param("noreboot", opt_noreboot);

/* dom0_mem=[min:SIZE,][max:SIZE,][SIZE], in any order. */
static int parse_dom0_mem(const char *s)
{
    struct dom0_mem_option o = { 0 };

    do
    {
        uint64_t *field = &o.nominal;
        const char *end;

        if ( strncmp(s, "min:", 4) == 0 )
            field = &o.min;
        else if ( strncmp(s, "max:", 4) == 0 )
            field = &o.max;
        if ( field != &o.nominal )
            s += 4;
        *field = parse_size_and_unit(s, &end);
        if ( end == s || (*end != ',' && *end != '\0') || *field == ~0ULL )
            return -EINVAL;
        s = end + 1;
    } while ( s[-1] == ',' );
    opt_dom0_mem = o;
    return 0;
}
custom_param("dom0_mem", parse_dom0_mem);

/* dom0_max_vcpus=N, or Xen's MIN-MAX, of which the upper end counts. */
static int parse_dom0_max_vcpus(const char *s)
{
    const char *end;
    unsigned long n = simple_strtoul(s, &end, 0);

    if ( *end == '-' )
    {
        s = end + 1;
        n = simple_strtoul(s, &end, 0);
    }
    if ( end == s || *end != '\0' || n > 128 )
        return -EINVAL;
    opt_dom0_max_vcpus = n;
    return 0;
}
custom_param("dom0_max_vcpus", parse_dom0_max_vcpus);

bool opt_dom0_vcpus_pin;
boolean_param("dom0_vcpus_pin", opt_dom0_vcpus_pin);

/*
 * Words that Xen's users have on their command lines. The text, where there
 * is one, is printed: silence is for what is true here anyway.
 */
#define NOTE_DOM0  "that is left to Dom0"
#define NOTE_IOMMU "no IOMMU is used"
#define NOTE_MITIG "no mitigation is applied yet"

accepted_param(placeholder, "placeholder", NULL);
accepted_param(real_mode, "no-real-mode", NULL);
accepted_param(edd, "edd", NULL);
accepted_param(edid, "edid", NULL);
accepted_param(serial_tx, "serial_tx_buffer", NULL);
accepted_param(hap, "hap", NULL);
accepted_param(ept, "ept", NULL);
accepted_param(smt, "smt", NULL);
accepted_param(bootscrub, "bootscrub", "pages are cleared when given out");
accepted_param(dom0, "dom0", "Dom0 is always PVH");
accepted_param(dom0_iommu, "dom0-iommu", NOTE_IOMMU);
accepted_param(iommu, "iommu", NOTE_IOMMU);
accepted_param(intremap, "intremap", NOTE_IOMMU);
accepted_param(xpti, "xpti", NOTE_MITIG);
accepted_param(pv_l1tf, "pv-l1tf", NOTE_MITIG);
accepted_param(tsx, "tsx", NOTE_MITIG);
accepted_param(ucode, "ucode", "microcode is left to the firmware");
accepted_param(acpi, "acpi", NULL);
accepted_param(cpufreq, "cpufreq", "frequencies are left to the processor");
accepted_param(cpuidle, "cpuidle", "see mwait-idle");
accepted_param(clocksource, "clocksource", "time comes from the TSC");
accepted_param(tsc, "tsc", "time comes from the TSC");
accepted_param(crashkernel, "crashkernel", "there is no crash kernel");
accepted_param(flask, "flask", "there are no security modules");
accepted_param(xsm, "xsm", "there are no security modules");
accepted_param(pci, "pci", NOTE_DOM0);
accepted_param(msi, "msi", "Dom0's devices use line interrupts");
