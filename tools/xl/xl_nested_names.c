/* SPDX-License-Identifier: MIT */
/* Names of VM exits and of VMX capabilities, for xl nested. */

#include <stddef.h>

#include "xl_nested.h"

/* SDM, appendix "VMX Basic Exit Reasons" */
static const char *const exit_names[] = {
    [0] = "exception or NMI",
    [1] = "external interrupt",
    [2] = "triple fault",
    [3] = "INIT",
    [4] = "SIPI",
    [5] = "I/O SMI",
    [6] = "other SMI",
    [7] = "interrupt window",
    [8] = "NMI window",
    [9] = "task switch",
    [10] = "CPUID",
    [11] = "GETSEC",
    [12] = "HLT",
    [13] = "INVD",
    [14] = "INVLPG",
    [15] = "RDPMC",
    [16] = "RDTSC",
    [17] = "RSM",
    [18] = "VMCALL",
    [19] = "VMCLEAR",
    [20] = "VMLAUNCH",
    [21] = "VMPTRLD",
    [22] = "VMPTRST",
    [23] = "VMREAD",
    [24] = "VMRESUME",
    [25] = "VMWRITE",
    [26] = "VMXOFF",
    [27] = "VMXON",
    [28] = "control register",
    [29] = "debug register",
    [30] = "port I/O",
    [31] = "RDMSR",
    [32] = "WRMSR",
    [33] = "bad guest state",
    [34] = "bad MSR load",
    [36] = "MWAIT",
    [37] = "monitor trap flag",
    [39] = "MONITOR",
    [40] = "PAUSE",
    [41] = "machine check at entry",
    [43] = "TPR below threshold",
    [44] = "APIC access",
    [45] = "virtual EOI",
    [46] = "GDTR or IDTR",
    [47] = "LDTR or TR",
    [48] = "EPT violation",
    [49] = "EPT misconfiguration",
    [50] = "INVEPT",
    [51] = "RDTSCP",
    [52] = "preemption timer",
    [53] = "INVVPID",
    [54] = "WBINVD",
    [55] = "XSETBV",
    [56] = "APIC write",
    [57] = "RDRAND",
    [58] = "INVPCID",
    [59] = "VMFUNC",
    [60] = "ENCLS",
    [61] = "RDSEED",
    [62] = "PML full",
    [63] = "XSAVES",
    [64] = "XRSTORS",
    [65] = "PCONFIG",
    [66] = "SPP event",
    [67] = "UMWAIT",
    [68] = "TPAUSE",
    [69] = "LOADIWKEY",
    [70] = "ENCLV",
    [72] = "ENQCMD_PASID",
    [73] = "ENQCMDS_PASID",
    [74] = "bus lock",
    [75] = "notify window",
};

const char *nested_exit_name(unsigned int reason)
{
    return reason < sizeof(exit_names) / sizeof(exit_names[0])
               ? exit_names[reason]
               : NULL;
}

/* Indices of capability MSRs, from IA32_VMX_BASIC on. */
enum
{
    MSR_PIN = 0x481 - 0x480,
    MSR_PROC = 0x482 - 0x480,
    MSR_PROC2 = 0x48b - 0x480,
    MSR_EPT_VPID = 0x48c - 0x480,
};

/* Of a control's MSR, the upper half has what may be set. */
#define MAY(bit) (32 + (bit))

/* SDM, appendix "VMX Capability Reporting Facility" */
const struct nested_cap nested_caps[] = {
    { MSR_PROC2, MAY(1), "EPT" },
    { MSR_EPT_VPID, 16, "EPT-2M" },
    { MSR_EPT_VPID, 17, "EPT-1G" },
    { MSR_EPT_VPID, 0, "EPT-execute-only" },
    { MSR_EPT_VPID, 21, "EPT-A/D" },
    { MSR_EPT_VPID, 22, "EPT-exit-information" },
    { MSR_PROC2, MAY(5), "VPID" },
    { MSR_PROC2, MAY(7), "unrestricted-guest" },
    { MSR_PIN, MAY(5), "virtual-NMIs" },
    { MSR_PIN, MAY(6), "preemption-timer" },
    { MSR_PROC, MAY(27), "MTF" },
    { MSR_PROC, MAY(28), "MSR-bitmaps" },
    { MSR_PROC, MAY(21), "TPR-shadow" },
    { MSR_PROC2, MAY(0), "APIC-accesses" },
    { MSR_PROC2, MAY(4), "x2APIC-mode" },
    { MSR_PROC2, MAY(8), "APIC-registers" },
    { MSR_PROC2, MAY(9), "virtual-interrupts" },
    { MSR_PIN, MAY(7), "posted-interrupts" },
    { MSR_PROC2, MAY(14), "shadow-VMCS" },
    { MSR_PROC2, MAY(17), "PML" },
    { MSR_PROC2, MAY(13), "VM-functions" },
    { MSR_PROC2, MAY(18), "#VE" },
    { MSR_PROC2, MAY(10), "PAUSE-loops" },
    { MSR_PROC2, MAY(3), "RDTSCP" },
    { MSR_PROC2, MAY(12), "INVPCID" },
    { MSR_PROC2, MAY(20), "XSAVES" },
    { MSR_PROC2, MAY(22), "mode-based-execution" },
    { MSR_PROC2, MAY(25), "TSC-scaling" },
};
const unsigned int nested_caps_count =
    sizeof(nested_caps) / sizeof(nested_caps[0]);
