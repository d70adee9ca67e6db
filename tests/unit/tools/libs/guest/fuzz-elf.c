/* SPDX-License-Identifier: MIT */
/* Fuzz entry: any bytes as a kernel file, down to its segments. */

#include "private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xg_kernel kernel;
    struct xg_error err;
    size_t offset, length;

    if ( xg_is_bzimage(data, size) )
        (void)xg_bzimage_payload(data, size, &offset, &length, &err);
    (void)xg_packing(data, size);
    (void)xg_elf_parse(data, size, &kernel, &err);
    return 0;
}
