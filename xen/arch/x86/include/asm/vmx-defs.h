/* SPDX-License-Identifier: MIT */
/* VMX constants of the SDM: no code, no types, nothing of our own. */
#pragma once

#include <asm/seg-defs.h>

/* Encodings: VMCS_<name> for each line of vmcs-fields.def. */
enum vmcs_encoding
{
#define VMCS_FIELD(name, enc, width, access, area) VMCS_##name = (enc),
#include "../../hvm/vmx/vmcs-fields.def"
#undef VMCS_FIELD
};

/* SDM "Field Encoding in VMCS": the parts of an encoding. */
#define VMCS_ENC_HIGH        0x0001u
#define VMCS_ENC_INDEX_SHIFT 1
#define VMCS_ENC_INDEX_MASK  0x1ffu
#define VMCS_ENC_AREA_SHIFT  10
#define VMCS_ENC_AREA_MASK   0x3u
#define VMCS_ENC_WIDTH_SHIFT 13
#define VMCS_ENC_WIDTH_MASK  0x3u
#define VMCS_ENC_RESERVED    0xffff9000u

#define VMCS_WIDTH_16        0
#define VMCS_WIDTH_64        1
#define VMCS_WIDTH_32        2
#define VMCS_WIDTH_NAT       3

#define VMCS_AREA_CTRL       0
#define VMCS_AREA_INFO       1
#define VMCS_AREA_GUEST      2
#define VMCS_AREA_HOST       3

/* SDM "Format of the VMCS Region" */
#define VMCS_REVISION_MASK  0x7fffffffu
#define VMCS_SHADOW_BIT     0x80000000u
#define VMCS_REGION_SIZE    4096
#define VMCS_ABORT_OFFSET   4
#define VMCS_LINK_PTR_NONE  (~0ULL)
#define VMX_NO_CURRENT_VMCS (~0ULL)

/* SDM "VMX Capability Reporting Facility": MSR numbers */
#define MSR_IA32_VMX_BASIC              0x00000480
#define MSR_IA32_VMX_PINBASED_CTLS      0x00000481
#define MSR_IA32_VMX_PROCBASED_CTLS     0x00000482
#define MSR_IA32_VMX_EXIT_CTLS          0x00000483
#define MSR_IA32_VMX_ENTRY_CTLS         0x00000484
#define MSR_IA32_VMX_MISC               0x00000485
#define MSR_IA32_VMX_CR0_FIXED0         0x00000486
#define MSR_IA32_VMX_CR0_FIXED1         0x00000487
#define MSR_IA32_VMX_CR4_FIXED0         0x00000488
#define MSR_IA32_VMX_CR4_FIXED1         0x00000489
#define MSR_IA32_VMX_VMCS_ENUM          0x0000048a
#define MSR_IA32_VMX_PROCBASED_CTLS2    0x0000048b
#define MSR_IA32_VMX_EPT_VPID_CAP       0x0000048c
#define MSR_IA32_VMX_TRUE_PINBASED_CTLS 0x0000048d
#define MSR_IA32_VMX_TRUE_PROC_CTLS     0x0000048e
#define MSR_IA32_VMX_TRUE_EXIT_CTLS     0x0000048f
#define MSR_IA32_VMX_TRUE_ENTRY_CTLS    0x00000490
#define MSR_IA32_VMX_VMFUNC             0x00000491
#define MSR_IA32_VMX_PROCBASED_CTLS3    0x00000492
#define MSR_IA32_VMX_EXIT_CTLS2         0x00000493
#define MSR_IA32_VMX_FIRST              MSR_IA32_VMX_BASIC
#define MSR_IA32_VMX_LAST               MSR_IA32_VMX_EXIT_CTLS2

/* SDM "Basic VMX Information" */
#define VMX_BASIC_REVISION_MASK 0x7fffffffULL
#define VMX_BASIC_SIZE_SHIFT    32
#define VMX_BASIC_SIZE_MASK     0x1fffULL
#define VMX_BASIC_32BIT_ADDR    (1ULL << 48)
#define VMX_BASIC_DUAL_MONITOR  (1ULL << 49)
#define VMX_BASIC_MEMTYPE_SHIFT 50
#define VMX_BASIC_MEMTYPE_MASK  0xfULL
#define VMX_BASIC_MEMTYPE_WB    6ULL
#define VMX_BASIC_INS_OUTS      (1ULL << 54)
#define VMX_BASIC_TRUE_CTLS     (1ULL << 55)
#define VMX_BASIC_NO_HW_ERRCODE (1ULL << 56)

/* SDM "Miscellaneous Data" */
#define VMX_MISC_TIMER_RATE_MASK   0x1fULL
#define VMX_MISC_STORE_LMA         (1ULL << 5)
#define VMX_MISC_ACTIVITY_HLT      (1ULL << 6)
#define VMX_MISC_ACTIVITY_SHUTDOWN (1ULL << 7)
#define VMX_MISC_ACTIVITY_SIPI     (1ULL << 8)
#define VMX_MISC_PT_IN_VMX         (1ULL << 14)
#define VMX_MISC_SMBASE_READ       (1ULL << 15)
#define VMX_MISC_CR3_TARGETS_SHIFT 16
#define VMX_MISC_CR3_TARGETS_MASK  0x1ffULL
#define VMX_MISC_MSR_LIST_SHIFT    25
#define VMX_MISC_MSR_LIST_MASK     0x7ULL
#define VMX_MISC_MSR_LIST_UNIT     512
#define VMX_MISC_BLOCK_SMI         (1ULL << 28)
#define VMX_MISC_VMWRITE_ALL       (1ULL << 29)
#define VMX_MISC_ZERO_LEN_INJECT   (1ULL << 30)

/* SDM "VPID and EPT Capabilities" */
#define EPT_CAP_EXEC_ONLY          (1ULL << 0)
#define EPT_CAP_WALK_4             (1ULL << 6)
#define EPT_CAP_WALK_5             (1ULL << 7)
#define EPT_CAP_UC                 (1ULL << 8)
#define EPT_CAP_WB                 (1ULL << 14)
#define EPT_CAP_2M                 (1ULL << 16)
#define EPT_CAP_1G                 (1ULL << 17)
#define EPT_CAP_INVEPT             (1ULL << 20)
#define EPT_CAP_AD                 (1ULL << 21)
#define EPT_CAP_ADV_EXIT_INFO      (1ULL << 22)
#define EPT_CAP_SSS                (1ULL << 23)
#define EPT_CAP_INVEPT_SINGLE      (1ULL << 25)
#define EPT_CAP_INVEPT_ALL         (1ULL << 26)
#define VPID_CAP_INVVPID           (1ULL << 32)
#define VPID_CAP_INVVPID_ADDR      (1ULL << 40)
#define VPID_CAP_INVVPID_SINGLE    (1ULL << 41)
#define VPID_CAP_INVVPID_ALL       (1ULL << 42)
#define VPID_CAP_INVVPID_NONGLOBAL (1ULL << 43)

/* SDM "Pin-Based VM-Execution Controls" */
#define PIN_EXT_INTR    (1u << 0)
#define PIN_NMI         (1u << 3)
#define PIN_VIRT_NMI    (1u << 5)
#define PIN_PREEMPT     (1u << 6)
#define PIN_POSTED_INTR (1u << 7)
#define PIN_DEFAULT1    0x00000016u

/* SDM "Processor-Based VM-Execution Controls": primary */
#define PROC_INTR_WINDOW   (1u << 2)
#define PROC_TSC_OFFSET    (1u << 3)
#define PROC_HLT           (1u << 7)
#define PROC_INVLPG        (1u << 9)
#define PROC_MWAIT         (1u << 10)
#define PROC_RDPMC         (1u << 11)
#define PROC_RDTSC         (1u << 12)
#define PROC_CR3_LOAD      (1u << 15)
#define PROC_CR3_STORE     (1u << 16)
#define PROC_TERTIARY      (1u << 17)
#define PROC_CR8_LOAD      (1u << 19)
#define PROC_CR8_STORE     (1u << 20)
#define PROC_TPR_SHADOW    (1u << 21)
#define PROC_NMI_WINDOW    (1u << 22)
#define PROC_MOV_DR        (1u << 23)
#define PROC_UNCOND_IO     (1u << 24)
#define PROC_IO_BITMAPS    (1u << 25)
#define PROC_MTF           (1u << 27)
#define PROC_MSR_BITMAPS   (1u << 28)
#define PROC_MONITOR       (1u << 29)
#define PROC_PAUSE         (1u << 30)
#define PROC_SECONDARY     (1u << 31)
#define PROC_DEFAULT1      0x0401e172u
#define PROC_TRUE_DEFAULT1 0x04006172u

/* Secondary */
#define PROC2_APIC_ACCESS  (1u << 0)
#define PROC2_EPT          (1u << 1)
#define PROC2_DESC_TABLE   (1u << 2)
#define PROC2_RDTSCP       (1u << 3)
#define PROC2_X2APIC       (1u << 4)
#define PROC2_VPID         (1u << 5)
#define PROC2_WBINVD       (1u << 6)
#define PROC2_UNRESTRICTED (1u << 7)
#define PROC2_APIC_REG     (1u << 8)
#define PROC2_VINTR        (1u << 9)
#define PROC2_PLE          (1u << 10)
#define PROC2_RDRAND       (1u << 11)
#define PROC2_INVPCID      (1u << 12)
#define PROC2_VMFUNC       (1u << 13)
#define PROC2_SHADOW_VMCS  (1u << 14)
#define PROC2_ENCLS        (1u << 15)
#define PROC2_RDSEED       (1u << 16)
#define PROC2_PML          (1u << 17)
#define PROC2_VE           (1u << 18)
#define PROC2_PT_CONCEAL   (1u << 19)
#define PROC2_XSAVES       (1u << 20)
#define PROC2_PASID        (1u << 21)
#define PROC2_MBEC         (1u << 22)
#define PROC2_SPP          (1u << 23)
#define PROC2_PT_GPA       (1u << 24)
#define PROC2_TSC_SCALING  (1u << 25)
#define PROC2_USER_WAIT    (1u << 26)
#define PROC2_PCONFIG      (1u << 27)
#define PROC2_ENCLV        (1u << 28)
#define PROC2_BUS_LOCK     (1u << 30)
#define PROC2_NOTIFY       (1u << 31)

/* SDM "VM-Exit Controls" */
#define EXIT_CTL_SAVE_DEBUG    (1u << 2)
#define EXIT_CTL_HOST_64       (1u << 9)
#define EXIT_CTL_LOAD_PERF     (1u << 12)
#define EXIT_CTL_ACK_INTR      (1u << 15)
#define EXIT_CTL_SAVE_PAT      (1u << 18)
#define EXIT_CTL_LOAD_PAT      (1u << 19)
#define EXIT_CTL_SAVE_EFER     (1u << 20)
#define EXIT_CTL_LOAD_EFER     (1u << 21)
#define EXIT_CTL_SAVE_PREEMPT  (1u << 22)
#define EXIT_CTL_CLEAR_BNDCFGS (1u << 23)
#define EXIT_CTL_PT_CONCEAL    (1u << 24)
#define EXIT_CTL_CLEAR_RTIT    (1u << 25)
#define EXIT_CTL_CLEAR_LBR     (1u << 26)
#define EXIT_CTL_LOAD_CET      (1u << 28)
#define EXIT_CTL_LOAD_PKRS     (1u << 29)
#define EXIT_CTL_SAVE_PERF     (1u << 30)
#define EXIT_CTL_SECONDARY     (1u << 31)
#define EXIT_CTL_DEFAULT1      0x00036dffu
#define EXIT_CTL_TRUE_DEFAULT1 0x00036dfbu

/* SDM "VM-Entry Controls" */
#define ENTRY_CTL_LOAD_DEBUG    (1u << 2)
#define ENTRY_CTL_GUEST_64      (1u << 9)
#define ENTRY_CTL_SMM           (1u << 10)
#define ENTRY_CTL_DUAL_MONITOR  (1u << 11)
#define ENTRY_CTL_LOAD_PERF     (1u << 13)
#define ENTRY_CTL_LOAD_PAT      (1u << 14)
#define ENTRY_CTL_LOAD_EFER     (1u << 15)
#define ENTRY_CTL_LOAD_BNDCFGS  (1u << 16)
#define ENTRY_CTL_PT_CONCEAL    (1u << 17)
#define ENTRY_CTL_LOAD_RTIT     (1u << 18)
#define ENTRY_CTL_LOAD_CET      (1u << 20)
#define ENTRY_CTL_LOAD_LBR      (1u << 21)
#define ENTRY_CTL_LOAD_PKRS     (1u << 22)
#define ENTRY_CTL_DEFAULT1      0x000011ffu
#define ENTRY_CTL_TRUE_DEFAULT1 0x000011fbu

/* The TSC multiplier has that many bits behind the point. */
#define TSC_MULTIPLIER_SHIFT 48

/* SDM "Virtualization-Exception Information" */
#define VE_INFO_REASON     0 /* 4 bytes; 48, an EPT violation */
#define VE_INFO_BUSY       4 /* 4 bytes; 0: software has read the last one */
#define VE_INFO_QUAL       8
#define VE_INFO_GLA        16
#define VE_INFO_GPA        24
#define VE_INFO_EPTP_INDEX 32 /* 2 bytes */
#define EPT_SUPPRESS_VE    (1ULL << 63)

/* SDM "Posted-Interrupt Processing": the descriptor */
#define PI_DESC_ON_BYTE 32
#define PI_DESC_ON      1u

/* Exit qualification, APIC accesses */
#define APIC_QUAL_OFFSET_MASK 0xfffULL
#define APIC_QUAL_TYPE_SHIFT  12
#define APIC_QUAL_TYPE_MASK   0xfULL
#define APIC_QUAL_TYPE_READ   0
#define APIC_QUAL_TYPE_WRITE  1

/* SDM "VM Functions" */
#define VMFUNC_COUNT          64
#define VMFUNC_EPTP_SWITCHING (1ULL << 0)
#define VMFUNC_EPTP_LIST_SIZE 512

/* SDM "Interruptibility State", "Activity State" */
#define INTR_STATE_STI      (1u << 0)
#define INTR_STATE_MOV_SS   (1u << 1)
#define INTR_STATE_SMI      (1u << 2)
#define INTR_STATE_NMI      (1u << 3)
#define INTR_STATE_ENCLAVE  (1u << 4)
#define INTR_STATE_RESERVED 0xffffffe0u

#define ACTIVITY_ACTIVE     0u
#define ACTIVITY_HLT        1u
#define ACTIVITY_SHUTDOWN   2u
#define ACTIVITY_WAIT_SIPI  3u

/* SDM "Pending Debug Exceptions" */
#define PENDING_DBG_B_MASK   0xfULL
#define PENDING_DBG_BLD      (1ULL << 11)
#define PENDING_DBG_ENABLED  (1ULL << 12)
#define PENDING_DBG_BS       (1ULL << 14)
#define PENDING_DBG_TRAPS    (PENDING_DBG_BS | PENDING_DBG_ENABLED)
#define PENDING_DBG_RTM      (1ULL << 16)
#define PENDING_DBG_RESERVED (~0x1580fULL)

/* Event information: VM entry, VM exit and IDT vectoring share the layout. */
#define INTR_INFO_VECTOR_MASK  0xffu
#define INTR_INFO_TYPE_SHIFT   8
#define INTR_INFO_TYPE_MASK    0x700u
#define INTR_INFO_ERROR_CODE   (1u << 11)
#define INTR_INFO_NMI_UNBLOCK  (1u << 12) /* VM exit and IDT vectoring */
#define INTR_INFO_VALID        (1u << 31)
#define INTR_INFO_ENTRY_RSVD   0x7ffff000u

#define INTR_TYPE_EXT_INTR     0u
#define INTR_TYPE_RESERVED     1u
#define INTR_TYPE_NMI          2u
#define INTR_TYPE_HW_EXCEPTION 3u
#define INTR_TYPE_SW_INTR      4u
#define INTR_TYPE_PRIV_SW_EXC  5u
#define INTR_TYPE_SW_EXCEPTION 6u
#define INTR_TYPE_OTHER        7u

/* SDM "VMX Basic Exit Reasons" */
#define EXIT_REASON_EXCEPTION_NMI     0
#define EXIT_REASON_EXT_INTR          1
#define EXIT_REASON_TRIPLE_FAULT      2
#define EXIT_REASON_INIT              3
#define EXIT_REASON_SIPI              4
#define EXIT_REASON_IO_SMI            5
#define EXIT_REASON_OTHER_SMI         6
#define EXIT_REASON_INTR_WINDOW       7
#define EXIT_REASON_NMI_WINDOW        8
#define EXIT_REASON_TASK_SWITCH       9
#define EXIT_REASON_CPUID             10
#define EXIT_REASON_GETSEC            11
#define EXIT_REASON_HLT               12
#define EXIT_REASON_INVD              13
#define EXIT_REASON_INVLPG            14
#define EXIT_REASON_RDPMC             15
#define EXIT_REASON_RDTSC             16
#define EXIT_REASON_RSM               17
#define EXIT_REASON_VMCALL            18
#define EXIT_REASON_VMCLEAR           19
#define EXIT_REASON_VMLAUNCH          20
#define EXIT_REASON_VMPTRLD           21
#define EXIT_REASON_VMPTRST           22
#define EXIT_REASON_VMREAD            23
#define EXIT_REASON_VMRESUME          24
#define EXIT_REASON_VMWRITE           25
#define EXIT_REASON_VMXOFF            26
#define EXIT_REASON_VMXON             27
#define EXIT_REASON_CR_ACCESS         28
#define EXIT_REASON_DR_ACCESS         29
#define EXIT_REASON_IO                30
#define EXIT_REASON_RDMSR             31
#define EXIT_REASON_WRMSR             32
#define EXIT_REASON_ENTRY_GUEST_STATE 33
#define EXIT_REASON_ENTRY_MSR_LOAD    34
#define EXIT_REASON_MWAIT             36
#define EXIT_REASON_MTF               37
#define EXIT_REASON_MONITOR           39
#define EXIT_REASON_PAUSE             40
#define EXIT_REASON_ENTRY_MCE         41
#define EXIT_REASON_TPR_BELOW         43
#define EXIT_REASON_APIC_ACCESS       44
#define EXIT_REASON_VIRT_EOI          45
#define EXIT_REASON_GDTR_IDTR         46
#define EXIT_REASON_LDTR_TR           47
#define EXIT_REASON_EPT_VIOLATION     48
#define EXIT_REASON_EPT_MISCONFIG     49
#define EXIT_REASON_INVEPT            50
#define EXIT_REASON_RDTSCP            51
#define EXIT_REASON_PREEMPT_TIMER     52
#define EXIT_REASON_INVVPID           53
#define EXIT_REASON_WBINVD            54
#define EXIT_REASON_XSETBV            55
#define EXIT_REASON_APIC_WRITE        56
#define EXIT_REASON_RDRAND            57
#define EXIT_REASON_INVPCID           58
#define EXIT_REASON_VMFUNC            59
#define EXIT_REASON_ENCLS             60
#define EXIT_REASON_RDSEED            61
#define EXIT_REASON_PML_FULL          62
#define EXIT_REASON_XSAVES            63
#define EXIT_REASON_XRSTORS           64
#define EXIT_REASON_PCONFIG           65
#define EXIT_REASON_SPP               66
#define EXIT_REASON_UMWAIT            67
#define EXIT_REASON_TPAUSE            68
#define EXIT_REASON_LOADIWKEY         69
#define EXIT_REASON_ENCLV             70
#define EXIT_REASON_ENQCMD_PASID      72
#define EXIT_REASON_ENQCMDS_PASID     73
#define EXIT_REASON_BUS_LOCK          74
#define EXIT_REASON_NOTIFY            75
#define EXIT_REASON_COUNT             76

#define EXIT_REASON_BASIC_MASK        0xffffu
#define EXIT_REASON_BUS_LOCK_BIT      (1u << 26)
#define EXIT_REASON_ENCLAVE_BIT       (1u << 27)
#define EXIT_REASON_MTF_BIT           (1u << 28)
#define EXIT_REASON_FROM_ROOT         (1u << 29)
#define EXIT_REASON_ENTRY_FAILED      (1u << 31)

/* Exit qualification of a failed VM entry: SDM "VM-Entry Failures ..." */
#define ENTRY_FAIL_DEFAULT  0
#define ENTRY_FAIL_PDPTE    2
#define ENTRY_FAIL_NMI      3
#define ENTRY_FAIL_LINK_PTR 4

/* SDM "VM-Instruction Error Numbers" */
#define VMX_ERR_NONE                    0
#define VMX_ERR_VMCALL_ROOT             1
#define VMX_ERR_VMCLEAR_ADDR            2
#define VMX_ERR_VMCLEAR_VMXON_PTR       3
#define VMX_ERR_VMLAUNCH_NOT_CLEAR      4
#define VMX_ERR_VMRESUME_NOT_LAUNCHED   5
#define VMX_ERR_VMRESUME_AFTER_VMXOFF   6
#define VMX_ERR_ENTRY_CONTROLS          7
#define VMX_ERR_ENTRY_HOST_STATE        8
#define VMX_ERR_VMPTRLD_ADDR            9
#define VMX_ERR_VMPTRLD_VMXON_PTR       10
#define VMX_ERR_VMPTRLD_REVISION        11
#define VMX_ERR_UNSUPPORTED_FIELD       12
#define VMX_ERR_VMWRITE_READ_ONLY       13
#define VMX_ERR_VMXON_IN_ROOT           15
#define VMX_ERR_ENTRY_EXEC_VMCS_PTR     16
#define VMX_ERR_ENTRY_EXEC_NOT_LAUNCHED 17
#define VMX_ERR_ENTRY_EXEC_NOT_VMXON    18
#define VMX_ERR_VMCALL_VMCS_NOT_CLEAR   19
#define VMX_ERR_VMCALL_EXIT_CTL         20
#define VMX_ERR_VMCALL_MSEG_REVISION    22
#define VMX_ERR_VMXOFF_DUAL_MONITOR     23
#define VMX_ERR_VMCALL_SMM_FEATURES     24
#define VMX_ERR_ENTRY_EXEC_CONTROLS     25
#define VMX_ERR_ENTRY_MOV_SS            26
#define VMX_ERR_INVALID_OPERAND         28

/* SDM "VMX Aborts" */
#define VMX_ABORT_MSR_STORE     1
#define VMX_ABORT_HOST_PDPTE    2
#define VMX_ABORT_CORRUPT_VMCS  3
#define VMX_ABORT_MSR_LOAD      4
#define VMX_ABORT_MCE           5
#define VMX_ABORT_HOST_NOT_LONG 6

/* Exit qualification, control-register accesses */
#define CR_QUAL_NUM_MASK      0xfULL
#define CR_QUAL_TYPE_SHIFT    4
#define CR_QUAL_TYPE_MASK     0x3ULL
#define CR_QUAL_TYPE_MOV_TO   0
#define CR_QUAL_TYPE_MOV_FROM 1
#define CR_QUAL_TYPE_CLTS     2
#define CR_QUAL_TYPE_LMSW     3
#define CR_QUAL_LMSW_MEM      (1ULL << 6)
#define CR_QUAL_GPR_SHIFT     8
#define CR_QUAL_GPR_MASK      0xfULL
#define CR_QUAL_LMSW_SHIFT    16
#define CR_QUAL_LMSW_MASK     0xffffULL

/* Exit qualification, MOV DR */
#define DR_QUAL_NUM_MASK  0x7ULL
#define DR_QUAL_FROM_DR   (1ULL << 4)
#define DR_QUAL_GPR_SHIFT 8
#define DR_QUAL_GPR_MASK  0xfULL

/* Exit qualification, I/O instructions */
#define IO_QUAL_SIZE_MASK  0x7ULL
#define IO_QUAL_IN         (1ULL << 3)
#define IO_QUAL_STRING     (1ULL << 4)
#define IO_QUAL_REP        (1ULL << 5)
#define IO_QUAL_IMM        (1ULL << 6)
#define IO_QUAL_PORT_SHIFT 16
#define IO_QUAL_PORT_MASK  0xffffULL

/* Exit qualification, task switches */
#define TS_QUAL_SELECTOR_MASK 0xffffULL
#define TS_QUAL_SOURCE_SHIFT  30
#define TS_QUAL_SOURCE_MASK   0x3ULL

/* Exit qualification, APIC accesses */
#define APIC_QUAL_OFFSET_MASK  0xfffULL
#define APIC_QUAL_TYPE_SHIFT   12
#define APIC_QUAL_TYPE_MASK    0xfULL
#define APIC_QUAL_LINEAR_READ  0
#define APIC_QUAL_LINEAR_WRITE 1
#define APIC_QUAL_LINEAR_FETCH 2
#define APIC_QUAL_LINEAR_EVENT 3
#define APIC_QUAL_PHYS_EVENT   10
#define APIC_QUAL_PHYS         15

/* Exit qualification, EPT violations */
#define EPT_QUAL_READ          (1ULL << 0)
#define EPT_QUAL_WRITE         (1ULL << 1)
#define EPT_QUAL_FETCH         (1ULL << 2)
#define EPT_QUAL_CAN_READ      (1ULL << 3)
#define EPT_QUAL_CAN_WRITE     (1ULL << 4)
#define EPT_QUAL_CAN_EXEC      (1ULL << 5)
#define EPT_QUAL_CAN_EXEC_USER (1ULL << 6)
#define EPT_QUAL_GLA_VALID     (1ULL << 7)
#define EPT_QUAL_GLA_FINAL     (1ULL << 8) /* clear: a paging-structure access */
#define EPT_QUAL_USER          (1ULL << 9)
#define EPT_QUAL_WRITABLE_PAGE (1ULL << 10)
#define EPT_QUAL_XD_PAGE       (1ULL << 11)
#define EPT_QUAL_NMI_UNBLOCK   (1ULL << 12)
#define EPT_QUAL_ADV_MASK      0xe00ULL

/* SDM "The Extended Page Table Mechanism (EPT)": pointer and entries */
#define EPTP_MEMTYPE_MASK 0x7ULL
#define EPTP_MEMTYPE_UC   0ULL
#define EPTP_MEMTYPE_WB   6ULL
#define EPTP_WALK_SHIFT   3
#define EPTP_WALK_MASK    0x38ULL
#define EPTP_AD           (1ULL << 6)
/*
 * Not the processor's, to which this bit is reserved: how our own code notes
 * that entries have separate rights for fetches in user mode.
 */
#define EPTP_MBEC         (1ULL << 11)
#define EPTP_SSS          (1ULL << 7)
#define EPTP_RESERVED     0xf00ULL

#define EPT_R             (1ULL << 0)
#define EPT_W             (1ULL << 1)
#define EPT_X             (1ULL << 2)
#define EPT_RWX           (EPT_R | EPT_W | EPT_X)
#define EPT_MEMTYPE_SHIFT 3
#define EPT_MEMTYPE_MASK  0x38ULL
#define EPT_IPAT          (1ULL << 6)
#define EPT_LEAF          (1ULL << 7) /* "PS": maps a page above level 1 */
#define EPT_ACCESSED      (1ULL << 8)
#define EPT_DIRTY         (1ULL << 9)
#define EPT_XU            (1ULL << 10) /* fetches in user mode, with MBEC */
#define EPT_FETCH         (EPT_X | EPT_XU)
#define EPT_VGP           (1ULL << 57)
#define EPT_PW            (1ULL << 58)
#define EPT_SSS           (1ULL << 60)
#define EPT_SPP           (1ULL << 61)
#define EPT_SUPPRESS_VE   (1ULL << 63)
#define EPT_ADDR_MASK     0x000ffffffffff000ULL

#define EPT_MEMTYPE_UC    0
#define EPT_MEMTYPE_WC    1
#define EPT_MEMTYPE_WT    4
#define EPT_MEMTYPE_WP    5
#define EPT_MEMTYPE_WB    6

/* INVEPT and INVVPID types */
#define INVEPT_SINGLE     1
#define INVEPT_ALL        2
#define INVVPID_ADDR      0
#define INVVPID_SINGLE    1
#define INVVPID_ALL       2
#define INVVPID_NONGLOBAL 3

/* SDM "Segment access rights" in the guest-state area */
#define SEG_AR_TYPE_MASK    0xfu
#define SEG_AR_ACCESSED     (1u << 0)
#define SEG_AR_WRITABLE     (1u << 1) /* data */
#define SEG_AR_READABLE     (1u << 1) /* code */
#define SEG_AR_EXPAND_DOWN  (1u << 2) /* data */
#define SEG_AR_CONFORMING   (1u << 2) /* code */
#define SEG_AR_CODE         (1u << 3)
#define SEG_AR_S            (1u << 4)
#define SEG_AR_DPL_SHIFT    5
#define SEG_AR_DPL_MASK     0x60u
#define SEG_AR_P            (1u << 7)
#define SEG_AR_AVL          (1u << 12)
#define SEG_AR_L            (1u << 13)
#define SEG_AR_DB           (1u << 14)
#define SEG_AR_G            (1u << 15)
#define SEG_AR_UNUSABLE     (1u << 16)
#define SEG_AR_RESERVED     0xfffe0f00u

#define SEG_TYPE_LDT        2u
#define SEG_TYPE_TSS16_BUSY 3u
#define SEG_TYPE_TSS_BUSY   11u
/* Bits in the type of a TSS. */
#define SEG_TYPE_TSS_B     2u /* busy */
#define SEG_TYPE_TSS_32BIT 8u

/* SDM "MSR Bitmaps": one page of four 1 KiB bitmaps */
#define MSR_BITMAP_READ_LOW   0x000
#define MSR_BITMAP_READ_HIGH  0x400
#define MSR_BITMAP_WRITE_LOW  0x800
#define MSR_BITMAP_WRITE_HIGH 0xc00
#define MSR_BITMAP_RANGE      0x2000u
#define MSR_BITMAP_HIGH_BASE  0xc0000000u

/* SDM "VM-Exit Controls for MSRs": a list entry is index, reserved, data */
#define VMX_MSR_ENTRY_SIZE 16
