/* SPDX-License-Identifier: MIT */
/* Layout of the XSAVE area. SDM "XSAVE Area". */
#ifndef ASM_XSAVE_DEFS_H
#define ASM_XSAVE_DEFS_H

/* The legacy area. */
#define FXSAVE_FCW       0
#define FXSAVE_MXCSR     24
#define FXSAVE_REGISTERS 32 /* ST0-7, XMM0-15 */
#define FXSAVE_RESERVED  416
#define FXSAVE_SIZE      512

/* The header behind it. */
#define XSAVE_XSTATE_BV          512
#define XSAVE_XCOMP_BV           520
#define XSAVE_XCOMP_BV_COMPACTED (1ULL << 63)

/* Other bits make XRSTOR fault. */
#define MXCSR_VALID 0xffffu

/* Values after INIT. */
#define FCW_DEFAULT      0x037fu
#define MXCSR_DEFAULT    0x1f80u

#define XSAVE_AREA_ORDER 2 /* 16 KiB hold any state we let guests have */

#endif
