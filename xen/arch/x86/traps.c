/* SPDX-License-Identifier: MIT */
/* Exceptions of the hypervisor itself, and interrupts while idle. */
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/watchdog.h>
#include <asm/desc.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/traps.h>

static const char *const trap_names[] = {
    [X86_EXC_DE] = "divide error",
    [X86_EXC_DB] = "debug",
    [X86_EXC_NMI] = "NMI",
    [X86_EXC_BP] = "breakpoint",
    [X86_EXC_OF] = "overflow",
    [X86_EXC_BR] = "bound range",
    [X86_EXC_UD] = "invalid opcode",
    [X86_EXC_NM] = "device not available",
    [X86_EXC_DF] = "double fault",
    [X86_EXC_TS] = "invalid TSS",
    [X86_EXC_NP] = "segment not present",
    [X86_EXC_SS] = "stack segment",
    [X86_EXC_GP] = "general protection",
    [X86_EXC_PF] = "page fault",
    [X86_EXC_MF] = "FPU error",
    [X86_EXC_AC] = "alignment check",
    [X86_EXC_MC] = "machine check",
    [X86_EXC_XM] = "SIMD error",
    [X86_EXC_VE] = "virtualization exception",
    [X86_EXC_CP] = "control protection",
};

unsigned long nmi_count;

void show_trap_frame(const struct trap_frame *f)
{
    char name[96];

    format_symbol(name, sizeof(name), f->rip);
    printk(XENLOG_ERR "RIP %04lx:[<%016lx>] %s  RFLAGS %016lx\n", f->cs, f->rip,
           name, f->rflags);
    printk(XENLOG_ERR "rax %016lx  rbx %016lx  rcx %016lx\n", f->rax, f->rbx,
           f->rcx);
    printk(XENLOG_ERR "rdx %016lx  rsi %016lx  rdi %016lx\n", f->rdx, f->rsi,
           f->rdi);
    printk(XENLOG_ERR "rbp %016lx  rsp %016lx  r8  %016lx\n", f->rbp, f->rsp,
           f->r8);
    printk(XENLOG_ERR "r9  %016lx  r10 %016lx  r11 %016lx\n", f->r9, f->r10,
           f->r11);
    printk(XENLOG_ERR "r12 %016lx  r13 %016lx  r14 %016lx\n", f->r12, f->r13,
           f->r14);
    printk(XENLOG_ERR "r15 %016lx  cr0 %016lx  cr2 %016lx\n", f->r15,
           read_cr0(), read_cr2());
    printk(XENLOG_ERR "cr3 %016lx  cr4 %016lx  error code %08lx\n", read_cr3(),
           read_cr4(), f->error_code);
}

static void fatal_trap(const struct trap_frame *f)
{
    const char *name =
        f->vector < ARRAY_SIZE(trap_names) ? trap_names[f->vector] : NULL;

    show_trap_frame(f);
    /* rsp may be what broke. */
    if ( f->vector != X86_EXC_DF && f->vector != X86_EXC_SS )
        show_stack((const uint64_t *)f->rsp);
    panic("CPU%u: %s (vector %lu) in the hypervisor", smp_processor_id(),
          name ? name : "exception", f->vector);
}

void handle_trap(struct trap_frame *f)
{
    uint64_t fixup;

    if ( f->vector >= VECTOR_DYNAMIC_FIRST )
    {
        irq_dispatch(f->vector);
        return;
    }
    /*
     * A panic elsewhere, or someone pressed a button. It may come in the
     * middle of a message: count only.
     */
    if ( f->vector == X86_EXC_NMI )
    {
        smp_stop_if_asked();
        watchdog_nmi(f);
        nmi_count++;
        return;
    }
    fixup = extable_lookup(f->rip);
    if ( fixup == 0 )
        fatal_trap(f);
    f->rip = fixup;
}
