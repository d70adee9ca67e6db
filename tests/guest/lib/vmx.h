/* SPDX-License-Identifier: MIT */
/*
 * VMX from an L1's side: the instructions, and a tiny L1 with a tiny L2.
 *
 * The L2 is a C function that runs in the L1's own address space and segments,
 * so nothing has to be loaded or translated for it.
 */
#ifndef TEST_VMX_H
#define TEST_VMX_H

#include "lib.h"

/* What an instruction ended in; or a FAULT(). */
#define VMX_OK           0
#define VMX_FAIL_INVALID 1 /* CF */
#define VMX_FAIL_VALID   2 /* ZF, and a number in VM_INSN_ERROR */

#define VMX_INSN(insn, ...)               \
    ({                                    \
        unsigned long res_ = 0;           \
        asm volatile("1: " insn "\n\t"    \
                     "jc 3f\n\t"          \
                     "jnz 2f\n\t"         \
                     "mov $2, %%eax\n\t"  \
                     "jmp 2f\n"           \
                     "3: mov $1, %%eax\n" \
                     "2:" EX_TABLE        \
                     : "+a"(res_)         \
                     : __VA_ARGS__        \
                     : "memory", "cc");   \
        (uint32_t) res_;                  \
    })

static inline uint32_t vmxon(uint64_t pa)
{
    return VMX_INSN("vmxon %[pa]", [pa] "m"(pa));
}

static inline uint32_t vmxoff(void)
{
    return VMX_INSN("vmxoff");
}

static inline uint32_t vmclear(uint64_t pa)
{
    return VMX_INSN("vmclear %[pa]", [pa] "m"(pa));
}

static inline uint32_t vmptrld(uint64_t pa)
{
    return VMX_INSN("vmptrld %[pa]", [pa] "m"(pa));
}

static inline uint32_t vmptrst(uint64_t *pa)
{
    return VMX_INSN("vmptrst %[pa]", [pa] "m"(*pa));
}

static inline uint32_t vmwrite(unsigned long field, uint64_t val)
{
    return VMX_INSN(
        "vmwrite %[val], %[field]", [val] "r"(val), [field] "r"(field));
}

static inline uint32_t vmread(unsigned long field, uint64_t *val)
{
    return VMX_INSN(
        "vmread %[field], %[val]", [field] "r"(field), [val] "m"(*val));
}

static inline uint64_t vmget(unsigned long field)
{
    uint64_t val = 0;

    vmread(field, &val);
    return val;
}

struct inv_descriptor
{
    uint64_t first, second;
};

static inline uint32_t invept(unsigned long type, struct inv_descriptor d)
{
    return VMX_INSN("invept %[d], %[type]", [d] "m"(d), [type] "r"(type));
}

static inline uint32_t invvpid(unsigned long type, struct inv_descriptor d)
{
    return VMX_INSN("invvpid %[d], %[type]", [d] "m"(d), [type] "r"(type));
}

/* Field encodings: SDM, appendix "Field Encoding in VMCS". */
enum
{
    VPID = 0x0000,
    GUEST_ES_SEL = 0x0800, /* ES, CS, SS, DS, FS, GS, LDTR, TR: step 2 */
    GUEST_CS_SEL = 0x0802,
    GUEST_SS_SEL = 0x0804,
    GUEST_TR_SEL = 0x080e,
    GUEST_INTR_STATUS = 0x0810,
    HOST_ES_SEL = 0x0c00,
    HOST_CS_SEL = 0x0c02,
    HOST_SS_SEL = 0x0c04,
    HOST_DS_SEL = 0x0c06,
    HOST_FS_SEL = 0x0c08,
    HOST_GS_SEL = 0x0c0a,
    HOST_TR_SEL = 0x0c0c,
    IO_BITMAP_A = 0x2000,
    IO_BITMAP_B = 0x2002,
    MSR_BITMAP = 0x2004,
    EXIT_MSR_STORE = 0x2006,
    EXIT_MSR_LOAD = 0x2008,
    ENTRY_MSR_LOAD = 0x200a,
    TSC_OFFSET = 0x2010,
    VIRTUAL_APIC = 0x2012,
    EPT_POINTER = 0x201a,
    EOI_BITMAP0 = 0x201c, /* to 3: step 2 */
    GUEST_PHYSICAL = 0x2400,
    VMCS_LINK = 0x2800,
    GUEST_DEBUGCTL = 0x2802,
    GUEST_PAT = 0x2804,
    GUEST_EFER = 0x2806,
    PIN_CONTROLS = 0x4000,
    PROC_CONTROLS = 0x4002,
    EXCEPTION_BITMAP = 0x4004,
    CR3_TARGET_COUNT = 0x400a,
    EXIT_CONTROLS = 0x400c,
    EXIT_MSR_STORE_COUNT = 0x400e,
    EXIT_MSR_LOAD_COUNT = 0x4010,
    ENTRY_CONTROLS = 0x4012,
    ENTRY_MSR_LOAD_COUNT = 0x4014,
    ENTRY_INTR_INFO = 0x4016,
    ENTRY_INSN_LEN = 0x401a,
    PROC2_CONTROLS = 0x401e,
    VM_INSN_ERROR = 0x4400,
    EXIT_REASON = 0x4402,
    EXIT_INTR_INFO = 0x4404,
    EXIT_INSN_LEN = 0x440c,
    GUEST_ES_LIMIT = 0x4800, /* ..., GDTR, IDTR: step 2 */
    GUEST_TR_LIMIT = 0x480e,
    GUEST_GDTR_LIMIT = 0x4810,
    GUEST_IDTR_LIMIT = 0x4812,
    GUEST_ES_AR = 0x4814,
    GUEST_CS_AR = 0x4816,
    GUEST_SS_AR = 0x4818,
    GUEST_FS_AR = 0x481c,
    GUEST_TR_AR = 0x4822,
    GUEST_INTERRUPTIBILITY = 0x4824,
    GUEST_ACTIVITY = 0x4826,
    PREEMPTION_TIMER = 0x482e,
    CR0_MASK = 0x6000,
    CR4_MASK = 0x6002,
    CR0_SHADOW = 0x6004,
    CR4_SHADOW = 0x6006,
    EXIT_QUALIFICATION = 0x6400,
    GUEST_LINEAR = 0x640a,
    GUEST_CR0 = 0x6800,
    GUEST_CR3 = 0x6802,
    GUEST_CR4 = 0x6804,
    GUEST_ES_BASE = 0x6806,
    GUEST_DS_BASE = 0x680c,
    GUEST_TR_BASE = 0x6814,
    GUEST_GDTR_BASE = 0x6816,
    GUEST_IDTR_BASE = 0x6818,
    GUEST_DR7 = 0x681a,
    GUEST_RSP = 0x681c,
    GUEST_RIP = 0x681e,
    GUEST_RFLAGS = 0x6820,
    GUEST_SYSENTER_EIP = 0x6826,
    HOST_CR0 = 0x6c00,
    HOST_CR3 = 0x6c02,
    HOST_CR4 = 0x6c04,
    HOST_FS_BASE = 0x6c06,
    HOST_TR_BASE = 0x6c0a,
    HOST_GDTR_BASE = 0x6c0c,
    HOST_IDTR_BASE = 0x6c0e,
    HOST_RSP = 0x6c14,
    HOST_RIP = 0x6c16,
};

#define PIN_EXT_INT          (1u << 0)
#define PIN_PREEMPT          (1u << 6)
#define PROC_TSC_OFFSET      (1u << 3)
#define PROC_HLT             (1u << 7)
#define PROC_TPR_SHADOW      (1u << 21)
#define PROC_UNCOND_IO       (1u << 24)
#define PROC_MSR_BITMAP      (1u << 28)
#define PROC_SECONDARY       (1u << 31)
#define PROC2_EPT            (1u << 1)
#define PROC2_X2APIC         (1u << 4)
#define PROC2_APIC_REG       (1u << 8)
#define PROC2_VINTR          (1u << 9)
#define EXIT_SAVE_DEBUG      (1u << 2)
#define EXIT_HOST64          (1u << 9)
#define EXIT_ACK_INT         (1u << 15)
#define EXIT_SAVE_PAT        (1u << 18)
#define ENTRY_LOAD_DEBUG     (1u << 2)
#define ENTRY_GUEST64        (1u << 9)
#define ENTRY_LOAD_PAT       (1u << 14)
#define ENTRY_LOAD_EFER      (1u << 15)

#define REASON_EXCEPTION     0
#define REASON_EXT_INT       1
#define REASON_TRIPLE_FAULT  2
#define REASON_CPUID         10
#define REASON_HLT           12
#define REASON_VMCALL        18
#define REASON_CR_ACCESS     28
#define REASON_IO            30
#define REASON_RDMSR         31
#define REASON_WRMSR         32
#define REASON_EPT_VIOLATION 48
#define REASON_PREEMPT       52
#define REASON_APIC_WRITE    56
#define REASON_BAD_MSR       (1u << 31 | 34)
#define REASON_BAD_GUEST     (1u << 31 | 33)

/* EPT entries: SDM, "EPT Translation Mechanism". */
#define EPT_RWX          7ull
#define EPT_WB           (6ull << 3)

#define ENTRY_INTR_VALID (1u << 31)

/* VM-instruction error numbers: SDM "VM Instruction Error Numbers". */
#define VMERR_VMCALL_NONCLEAR     4
#define VMERR_CLEAR_ADDRESS       2
#define VMERR_CLEAR_VMXON         3
#define VMERR_LAUNCH_NOT_CLEAR    4
#define VMERR_RESUME_NOT_LAUNCHED 5
#define VMERR_CONTROLS            7
#define VMERR_HOST_STATE          8
#define VMERR_PTRLD_ADDRESS       9
#define VMERR_PTRLD_VMXON         10
#define VMERR_PTRLD_REVISION      11
#define VMERR_FIELD               12
#define VMERR_READ_ONLY           13
#define VMERR_VMXON_IN_ROOT       15
#define VMERR_INVALIDATE_OPERAND  28

struct l2_regs
{
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14,
        r15;
};

bool vmx_here(void);
void *vmx_region(void); /* a page with the revision id */
bool vmx_on(void);      /* CR4.VMXE, feature control, VMXON */
void *vmx_on_region(void);
uint32_t vmx_control(uint32_t msr, uint32_t want);
uint32_t vmx_controls_msr(uint32_t basic); /* the TRUE one, if there is */
bool vmx_control_can(uint32_t basic_msr, uint32_t bits);

/* A cleared, current VMCS whose L2 would start in fn; reports on failure. */
void *vmx_vmcs(void (*fn)(void));
void vmx_vmcs_fill(void (*fn)(void)); /* all fields of the current one */
void vmx_set_l2(void (*fn)(void));    /* the same L2 from its start */
uint32_t vmx_enter(struct l2_regs *regs, bool resume);
/* The current VMCS has not been entered from this stack depth yet. */
void vmx_forget_host_rsp(void);
void vmx_skip_insn(void);        /* GUEST_RIP += EXIT_INSN_LEN */
uint64_t vmx_ept_identity(void); /* an EPTP that maps 4 GiB 1:1 by 2 MiB */
uint64_t *vmx_ept_entry(uint64_t eptp, uint64_t gpa); /* its 2 MiB entry */

#endif /* TEST_VMX_H */
