/* SPDX-License-Identifier: MIT */
/* Between the files of platform_op. */
#pragma once

#include <public/platform.h>

/* How many entries of the batch were done, or -errno for all of it. */
int platform_resource_op(struct xen_platform_op *op);
