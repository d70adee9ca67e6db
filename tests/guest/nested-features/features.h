/* SPDX-License-Identifier: MIT */
/* What the files of this case share. */
#ifndef FEATURES_H
#define FEATURES_H

#include "vmx.h"

#define VEC_NOTIFY 0x7b

/* With a second CPU; the first has left VMX operation. */
void check_init_and_sipi(void);

#endif
