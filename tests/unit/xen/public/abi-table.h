/* SPDX-License-Identifier: MIT */
/* One row of the ABI comparison. */
#ifndef TEST_ABI_TABLE_H
#define TEST_ABI_TABLE_H

struct abi_row
{
    const char *name;
    long long value;
};

extern const struct abi_row abi_debian[];
extern const unsigned int abi_debian_rows; /* 0: headers not installed */

#endif
