/* SPDX-License-Identifier: MIT */
/*
 * Events that L1 injects into L2 while L0 has to serve EPT violations in the
 * middle of the delivery, and while something for L1 is due at the same time.
 *
 * Expect: L2's delivery ends before L1's exit, which says nothing of an
 * interrupted delivery; no event is lost or comes twice.
 */
#include "vmx.h"

#define VEC_L1            0x61
#define VEC_L2            0x62
#define INJECT            (ENTRY_INTR_VALID | VEC_L2)
#define INFO_VALID        (1u << 31)

#define VEC_NMI           2
#define INJECT_NMI        (ENTRY_INTR_VALID | 2 << 8 | VEC_NMI)
#define BLOCKED_NMI       (1u << 3)
#define PIN_NMI           (1u << 3)
#define PIN_VIRT_NMI      (1u << 5)
#define PROC_NMI_WINDOW   (1u << 22)
#define REASON_NMI_WINDOW 8

enum
{
    IDT_VECTORING_INFO = 0x4408,
};

static struct l2_regs regs;
static volatile unsigned int l1_irqs, l2_irqs;
static volatile uint64_t l2_nmis, l2_stack_pointer;
static uint64_t eptp;

static void handle_l1(struct regs *r)
{
    (void)r;
    l1_irqs++;
    apic_eoi();
}

static void handle_l2(struct regs *r)
{
    (void)r;
    l2_irqs++;
}

static void l2_wait(void)
{
    while ( !l2_irqs )
        cpu_relax();
    for ( ;; )
        asm volatile("vmcall");
}

static void handle_nmi(struct regs *r)
{
    l2_stack_pointer = r->rsp;
    l2_nmis++;
    asm volatile("vmcall");
}

static void l2_wait_nmi(void)
{
    while ( !l2_nmis )
        cpu_relax();
    for ( ;; )
        asm volatile("vmcall");
}

/* L0 knows no translation for L2 any more, so every first access exits. */
static void forget_translations(void)
{
    const struct inv_descriptor all = { eptp, 0 };

    check_eq("INVEPT", invept(1, all), VMX_OK);
}

/* L2 waits for an interrupt, which this entry delivers. */
static void enter_injecting(const char *what, uint32_t reason)
{
    l2_irqs = 0;
    vmx_set_l2(l2_wait);
    vmwrite(GUEST_RFLAGS, RFLAGS_MBS | RFLAGS_IF);
    vmwrite(ENTRY_INTR_INFO, INJECT);
    forget_translations();
    if ( !check_eq(what, vmx_enter(&regs, true), 0) )
        test_exit();
    check_eq("exit reason", vmget(EXIT_REASON), reason);
    check_eq("of no delivery", vmget(IDT_VECTORING_INFO) & INFO_VALID, 0);
    check_eq("which is over", vmget(ENTRY_INTR_INFO) & INFO_VALID, 0);
}

static void check_l2_goes_on(void)
{
    if ( !check_eq("L2 goes on", vmx_enter(&regs, true), 0) )
        test_exit();
    check_eq("to its end", vmget(EXIT_REASON), REASON_VMCALL);
    check_eq("it had the interrupt once", l2_irqs, 1);
}

static void check_interrupt(void)
{
    uint64_t pin = vmget(PIN_CONTROLS);

    vmwrite(PIN_CONTROLS, pin | PIN_EXT_INT);
    apic_icr(0, APIC_ICR_SELF | APIC_ICR_ASSERT | VEC_L1);
    enter_injecting("beside an interrupt for L1", REASON_EXT_INT);
    check_eq("L2 was in its handler", vmget(GUEST_RFLAGS) & RFLAGS_IF, 0);
    asm volatile("sti; nop; cli" ::: "memory");
    check_eq("L1 has its interrupt", l1_irqs, 1);
    check_l2_goes_on();
    vmwrite(PIN_CONTROLS, pin);
}

/* Where L1's interrupts do not exit, its own goes into L2, behind the other. */
static void check_interrupt_without_exit(void)
{
    l1_irqs = 0;
    apic_icr(0, APIC_ICR_SELF | APIC_ICR_ASSERT | VEC_L1);
    enter_injecting("beside an interrupt that does not exit", REASON_VMCALL);
    check_eq("L2 had its own", l2_irqs, 1);
    check_eq("and took L1's", l1_irqs, 1);
}

/*
 * An NMI, whose delivery and whose IRET L0 interrupts: it comes once, and L1
 * has its NMI window when the handler is left, not when it leaves.
 */
static void check_nmi(void)
{
    uint64_t pin = vmget(PIN_CONTROLS), proc = vmget(PROC_CONTROLS);

    if ( !vmx_control_can(MSR_VMX_PINBASED, PIN_NMI | PIN_VIRT_NMI) )
        return;
    vmwrite(PIN_CONTROLS, pin | PIN_NMI | PIN_VIRT_NMI);
    l2_nmis = 0;
    vmx_set_l2(l2_wait_nmi);
    vmwrite(ENTRY_INTR_INFO, INJECT_NMI);
    forget_translations();
    check_eq("injecting an NMI", vmx_enter(&regs, true), 0);
    check_eq("its handler exits", vmget(EXIT_REASON), REASON_VMCALL);
    check_eq("it came once", l2_nmis, 1);
    check_eq("and blocks others", vmget(GUEST_INTERRUPTIBILITY), BLOCKED_NMI);
    vmx_skip_insn();
    vmwrite(PROC_CONTROLS, proc | PROC_NMI_WINDOW);
    forget_translations();
    check_eq("going on", vmx_enter(&regs, true), 0);
    check_eq("up to the window", vmget(EXIT_REASON), REASON_NMI_WINDOW);
    check_eq("behind IRET", vmget(GUEST_RSP), l2_stack_pointer);
    vmwrite(PROC_CONTROLS, proc);
    check_eq("L2 goes on", vmx_enter(&regs, true), 0);
    check_eq("to its end", vmget(EXIT_REASON), REASON_VMCALL);
    check_eq("with one NMI", l2_nmis, 1);
    vmwrite(PIN_CONTROLS, pin);
}

/* It is due long before L0 has the translations together. */
static void check_timer(uint32_t ticks)
{
    uint64_t pin = vmget(PIN_CONTROLS);

    if ( !vmx_control_can(MSR_VMX_PINBASED, PIN_PREEMPT) )
        return;
    vmwrite(PIN_CONTROLS, pin | PIN_PREEMPT);
    vmwrite(PREEMPTION_TIMER, ticks);
    enter_injecting("with a timer that is due", REASON_PREEMPT);
    check_eq("L2 was in its handler", vmget(GUEST_RFLAGS) & RFLAGS_IF, 0);
    vmwrite(PIN_CONTROLS, pin);
    check_l2_goes_on();
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_EPT) )
    {
        test_skip("no EPT");
        return;
    }
    apic_enable();
    irq_set_handler(VEC_L1, handle_l1);
    irq_set_handler(VEC_L2, handle_l2);
    irq_set_handler(VEC_NMI, handle_nmi);
    if ( !vmx_on() || !vmx_vmcs(l2_wait) )
        return;
    eptp = vmx_ept_identity();
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY);
    vmwrite(PROC2_CONTROLS, PROC2_EPT);
    vmwrite(EPT_POINTER, eptp);

    /* The first launch: nothing else is due. */
    l2_irqs = 1;
    if ( !check_eq("a first entry", vmx_enter(&regs, false), 0) )
        test_exit();
    check_eq("ends", vmget(EXIT_REASON), REASON_VMCALL);

    enter_injecting("an interrupt for L2 alone", REASON_VMCALL);
    check_eq("L2 had it once", l2_irqs, 1);
    check_interrupt();
    check_interrupt_without_exit();
    check_nmi();
    check_timer(0);
    check_timer(1);
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
