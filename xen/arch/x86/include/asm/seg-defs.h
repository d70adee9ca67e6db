/* SPDX-License-Identifier: MIT */
/* Segment registers by number: in instructions, their information, the VMCS. */
#pragma once

#define SEG_ES    0
#define SEG_CS    1
#define SEG_SS    2
#define SEG_DS    3
#define SEG_FS    4
#define SEG_GS    5
#define SEG_LDTR  6
#define SEG_TR    7
#define SEG_COUNT 8
