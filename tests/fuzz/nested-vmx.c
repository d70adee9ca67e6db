/* SPDX-License-Identifier: MIT */
/* libFuzzer's entry to the hostile L1: `make fuzz`. */
#include "nested-vmx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_nested_vmx(data, size);
    return 0;
}
