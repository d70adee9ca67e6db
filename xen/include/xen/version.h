/* SPDX-License-Identifier: MIT */
/* The version of the ABI we speak; our own is in asm/setup.h. */
#pragma once

/* Guests and tools are told the version whose ABI this is. */
#define XEN_ABI_MAJOR 4
#define XEN_ABI_MINOR 17
#define XEN_ABI_EXTRA ".0-nidus"

/* arch/x86/banner.c; set by the build. */
extern const char nidus_version[], nidus_commit[];

/* Who made this image. No date: the same source makes the same on any day. */
#define XEN_COMPILER       "gcc " __VERSION__
#define XEN_COMPILE_BY     "nidus"
#define XEN_COMPILE_DOMAIN ""
#define XEN_COMPILE_DATE   ""
