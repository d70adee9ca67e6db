/* SPDX-License-Identifier: MIT */
/* The direct map of tests that have an arena of pages of their own. */
#pragma once

extern unsigned long host_directmap;
#define DIRECTMAP_VIRT_START host_directmap
