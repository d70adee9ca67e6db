/* SPDX-License-Identifier: MIT */
/* Mitigations of leaks by speculation: applying what was chosen. */

/*
 * Each is where it costs least: IBRS is set once and stays, for guests too;
 * the barrier comes with a change of domains; the level-1 cache is flushed by
 * the list of MSRs that a VM entry loads; VERW is put into the entry code at
 * boot, in place of a no-op.
 *
 * Not done: IBRS on processors that want it written at each exit (a build
 * with RETPOLINE=y covers their indirect branches), and anything between the
 * threads of a core.
 */

#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/spec-ctrl.h>
#include "hvm/vmx/vmx-ops.h"

#define LEAF7_EDX_ARCH_CAPS (1u << 29)

#define SPEC_CTRL_IBRS      1ULL
#define PRED_CMD_IBPB       1ULL
#define FLUSH_CMD_L1D       1ULL

struct spec_ctrl spec_ctrl;

static struct spec_options options = { true, true, true, true };

static int parse_spec_ctrl(const char *s)
{
    return spec_ctrl_parse(s, &options);
}
custom_param("spec-ctrl", parse_spec_ctrl);

/* An entry of a VMCS's MSR lists: SDM "VM-Entry Controls for MSRs". */
static const struct
{
    uint32_t msr, reserved;
    uint64_t val;
} entry_msrs[] __aligned(16) = {
    { MSR_FLUSH_CMD, 0, FLUSH_CMD_L1D },
};

void spec_ctrl_write_entry_msrs(void)
{
    if ( spec_ctrl.l1d_flush )
        vmwrite(VMCS_entry_msr_load_addr, virt_to_maddr(entry_msrs));
    vmwrite(VMCS_entry_msr_load_count,
            spec_ctrl.l1d_flush ? ARRAY_SIZE(entry_msrs) : 0);
}

/* In vmx-entry.S: seven bytes of no-op, and VERW's operand, a selector. */
extern uint8_t vmx_entry_verw_site[];
extern const uint16_t vmx_entry_verw_sel;

/* "verw vmx_entry_verw_sel(%rip)" takes their place. */
static void patch_verw(void)
{
    struct
    {
        uint8_t opcode[3];
        int32_t offset;
    } __packed insn = { { 0x0f, 0x00, 0x2d }, 0 };
    const uint8_t *next = vmx_entry_verw_site + sizeof(insn);

    insn.offset = (int32_t)((const uint8_t *)&vmx_entry_verw_sel - next);
    /* The text is read-only, and no other pCPU runs yet. */
    write_cr0(read_cr0() & ~X86_CR0_WP);
    memcpy(vmx_entry_verw_site, &insn, sizeof(insn));
    write_cr0(read_cr0() | X86_CR0_WP);
}

void spec_ctrl_init(void)
{
    struct spec_facts facts = { .leaf7_d = cpuid_count(7, 0).d };

    if ( (facts.leaf7_d & LEAF7_EDX_ARCH_CAPS) &&
         rdmsr_safe(MSR_ARCH_CAPABILITIES, &facts.arch_caps) )
        facts.arch_caps = 0;
    spec_ctrl_choose(&facts, &options, &spec_ctrl);
    if ( spec_ctrl.verw )
        patch_verw();
    printk("Speculation:%s%s%s%s%s%s%s\n", spec_ctrl.ibrs ? " IBRS" : "",
           spec_ctrl.ibpb ? " IBPB" : "", spec_ctrl.verw ? " VERW" : "",
           spec_ctrl.l1d_flush ? " L1D-flush" : "",
#ifdef CONFIG_RETPOLINE
           " retpolines",
#else
           "",
#endif
           spec_ctrl.mds_open ? "; buffers may leak (MDS)" : "",
           spec_ctrl.l1tf_open ? "; the L1 cache may leak (L1TF)" : "");
}

void spec_ctrl_init_cpu(void)
{
    if ( spec_ctrl.ibrs )
        wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
}

void spec_ctrl_switch_domain(void)
{
    if ( spec_ctrl.ibpb )
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
