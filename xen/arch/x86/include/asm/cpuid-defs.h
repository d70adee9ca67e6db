/* SPDX-License-Identifier: MIT */
/* CPUID feature bits by leaf and register; SDM "CPUID-CPU Identification". */
#pragma once

/* Leaf 1 EDX */
#define CPUID1_D_PSE  (1u << 3)
#define CPUID1_D_TSC  (1u << 4)
#define CPUID1_D_MSR  (1u << 5)
#define CPUID1_D_PAE  (1u << 6)
#define CPUID1_D_MCE  (1u << 7)
#define CPUID1_D_APIC (1u << 9)
#define CPUID1_D_SEP  (1u << 11)
#define CPUID1_D_MTRR (1u << 12)
#define CPUID1_D_PGE  (1u << 13)
#define CPUID1_D_MCA  (1u << 14)
#define CPUID1_D_PAT  (1u << 16)
#define CPUID1_D_PSN  (1u << 18)
#define CPUID1_D_DS   (1u << 21)
#define CPUID1_D_ACPI (1u << 22)
#define CPUID1_D_FXSR (1u << 24)
#define CPUID1_D_SSE  (1u << 25)
#define CPUID1_D_SSE2 (1u << 26)
#define CPUID1_D_HTT  (1u << 28)
#define CPUID1_D_TM   (1u << 29)
#define CPUID1_D_PBE  (1u << 31)

/* Leaf 1 ECX */
#define CPUID1_C_DTES64     (1u << 2)
#define CPUID1_C_MONITOR    (1u << 3)
#define CPUID1_C_DSCPL      (1u << 4)
#define CPUID1_C_VMX        (1u << 5)
#define CPUID1_C_SMX        (1u << 6)
#define CPUID1_C_EIST       (1u << 7)
#define CPUID1_C_TM2        (1u << 8)
#define CPUID1_C_CNXTID     (1u << 10)
#define CPUID1_C_SDBG       (1u << 11)
#define CPUID1_C_FMA        (1u << 12)
#define CPUID1_C_XTPR       (1u << 14)
#define CPUID1_C_PDCM       (1u << 15)
#define CPUID1_C_PCID       (1u << 17)
#define CPUID1_C_DCA        (1u << 18)
#define CPUID1_C_X2APIC     (1u << 21)
#define CPUID1_C_TSCDL      (1u << 24)
#define CPUID1_C_XSAVE      (1u << 26)
#define CPUID1_C_OSXSAVE    (1u << 27)
#define CPUID1_C_AVX        (1u << 28)
#define CPUID1_C_F16C       (1u << 29)
#define CPUID1_C_HYPERVISOR (1u << 31)

/* Leaf 7.0 EBX */
#define CPUID7_B_FSGSBASE  (1u << 0)
#define CPUID7_B_TSCADJUST (1u << 1)
#define CPUID7_B_SGX       (1u << 2)
#define CPUID7_B_HLE       (1u << 4)
#define CPUID7_B_AVX2      (1u << 5)
#define CPUID7_B_SMEP      (1u << 7)
#define CPUID7_B_INVPCID   (1u << 10)
#define CPUID7_B_RTM       (1u << 11)
#define CPUID7_B_PQM       (1u << 12)
#define CPUID7_B_MPX       (1u << 14)
#define CPUID7_B_PQE       (1u << 15)
#define CPUID7_B_AVX512F   (1u << 16)
#define CPUID7_B_SMAP      (1u << 20)
#define CPUID7_B_PT        (1u << 25)
/* All AVX-512 extensions of this register: F DQ IFMA PF ER CD BW VL. */
#define CPUID7_B_AVX512_ALL                                           \
    ((1u << 16) | (1u << 17) | (1u << 21) | (1u << 26) | (1u << 27) | \
     (1u << 28) | (1u << 30) | (1u << 31))

/* Leaf 7.0 ECX */
#define CPUID7_C_PREFETCHWT1 (1u << 0)
#define CPUID7_C_VBMI        (1u << 1)
#define CPUID7_C_UMIP        (1u << 2)
#define CPUID7_C_PKU         (1u << 3)
#define CPUID7_C_OSPKE       (1u << 4)
#define CPUID7_C_WAITPKG     (1u << 5)
#define CPUID7_C_VBMI2       (1u << 6)
#define CPUID7_C_CET_SS      (1u << 7)
#define CPUID7_C_GFNI        (1u << 8)
#define CPUID7_C_VAES        (1u << 9)
#define CPUID7_C_VPCLMUL     (1u << 10)
#define CPUID7_C_VNNI        (1u << 11)
#define CPUID7_C_BITALG      (1u << 12)
#define CPUID7_C_VPOPCNTDQ   (1u << 14)
#define CPUID7_C_LA57        (1u << 16)
#define CPUID7_C_RDPID       (1u << 22)
#define CPUID7_C_CLDEMOTE    (1u << 25)
#define CPUID7_C_MOVDIRI     (1u << 27)
#define CPUID7_C_MOVDIR64B   (1u << 28)
#define CPUID7_C_AVX512_ALL                                             \
    (CPUID7_C_VBMI | CPUID7_C_VBMI2 | CPUID7_C_VNNI | CPUID7_C_BITALG | \
     CPUID7_C_VPOPCNTDQ)

/* Leaf 7.0 EDX */
#define CPUID7_D_4VNNIW       (1u << 2)
#define CPUID7_D_4FMAPS       (1u << 3)
#define CPUID7_D_FSRM         (1u << 4)
#define CPUID7_D_VP2INTERSECT (1u << 8)
#define CPUID7_D_MD_CLEAR     (1u << 10)
#define CPUID7_D_SERIALIZE    (1u << 14)
#define CPUID7_D_TSXLDTRK     (1u << 16)
#define CPUID7_D_AVX512_FP16  (1u << 23)
#define CPUID7_D_IBRSB        (1u << 26)
#define CPUID7_D_STIBP        (1u << 27)
#define CPUID7_D_L1D_FLUSH    (1u << 28)
#define CPUID7_D_ARCH_CAPS    (1u << 29)
#define CPUID7_D_SSBD         (1u << 31)
#define CPUID7_D_AVX512_ALL                                      \
    (CPUID7_D_4VNNIW | CPUID7_D_4FMAPS | CPUID7_D_VP2INTERSECT | \
     CPUID7_D_AVX512_FP16)

/* Leaf 7.1 EAX */
#define CPUID71_A_AVX_VNNI    (1u << 4)
#define CPUID71_A_AVX512_BF16 (1u << 5)
#define CPUID71_A_FZRM        (1u << 10)
#define CPUID71_A_FSRS        (1u << 11)
#define CPUID71_A_FSRCS       (1u << 12)

/* Leaf 0xd.1 EAX */
#define CPUIDD1_A_XSAVEOPT (1u << 0)
#define CPUIDD1_A_XSAVEC   (1u << 1)
#define CPUIDD1_A_XGETBV1  (1u << 2)
#define CPUIDD1_A_XSAVES   (1u << 3)

/* Leaf 0x80000001 EDX and ECX */
#define CPUIDE1_D_SYSCALL  (1u << 11)
#define CPUIDE1_D_NX       (1u << 20)
#define CPUIDE1_D_PAGE1GB  (1u << 26)
#define CPUIDE1_D_RDTSCP   (1u << 27)
#define CPUIDE1_D_LM       (1u << 29)
#define CPUIDE1_C_LAHF_LM  (1u << 0)
#define CPUIDE1_C_ABM      (1u << 5)
#define CPUIDE1_C_PREFETCH (1u << 8)

/* Leaf 0x80000007 EDX */
#define CPUIDE7_D_ITSC (1u << 8)

/* Leaf 0x80000008 EBX */
#define CPUIDE8_B_NO_LMSL (1u << 20)

/* State components of XCR0 and IA32_XSS */
#define XSTATE_FP      (1ULL << 0)
#define XSTATE_SSE     (1ULL << 1)
#define XSTATE_YMM     (1ULL << 2)
#define XSTATE_BNDREGS (1ULL << 3)
#define XSTATE_BNDCSR  (1ULL << 4)
#define XSTATE_OPMASK  (1ULL << 5)
#define XSTATE_ZMM     (1ULL << 6)
#define XSTATE_HI_ZMM  (1ULL << 7)
#define XSTATE_PKRU    (1ULL << 9)
#define XSTATE_AVX512  (XSTATE_OPMASK | XSTATE_ZMM | XSTATE_HI_ZMM)
#define XSTATE_ALWAYS  (XSTATE_FP | XSTATE_SSE)
