/* SPDX-License-Identifier: MIT */
/* The names of CPUID features in xl.cfg's cpuid= setting. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "private.h"

#define NO_SUB XEN_CPUID_NO_SUBLEAF

enum
{
    EAX,
    EBX,
    ECX,
    EDX,
};

/* Sorted by name. */
static const struct field
{
    const char *name;
    uint32_t leaf, subleaf;
    uint8_t reg, bit, length;
} fields[] = {
    { "3dnow", 0x80000001u, NO_SUB, EDX, 31, 1 },
    { "3dnowext", 0x80000001u, NO_SUB, EDX, 30, 1 },
    { "3dnowprefetch", 0x80000001u, NO_SUB, ECX, 8, 1 },
    { "abm", 0x80000001u, NO_SUB, ECX, 5, 1 },
    { "acpi", 0x1, NO_SUB, EDX, 22, 1 },
    { "adx", 0x7, 0, EBX, 19, 1 },
    { "aes", 0x1, NO_SUB, ECX, 25, 1 },
    { "altmovcr8", 0x80000001u, NO_SUB, ECX, 4, 1 },
    { "amd-ssbd", 0x80000008u, NO_SUB, EBX, 24, 1 },
    { "amd-stibp", 0x80000008u, NO_SUB, EBX, 15, 1 },
    { "apic", 0x1, NO_SUB, EDX, 9, 1 },
    { "arch-caps", 0x7, 0, EDX, 29, 1 },
    { "avx", 0x1, NO_SUB, ECX, 28, 1 },
    { "avx-vnni", 0x7, 1, EAX, 4, 1 },
    { "avx2", 0x7, 0, EBX, 5, 1 },
    { "avx512-4fmaps", 0x7, 0, EDX, 3, 1 },
    { "avx512-4vnniw", 0x7, 0, EDX, 2, 1 },
    { "avx512-bf16", 0x7, 1, EAX, 5, 1 },
    { "avx512-bitalg", 0x7, 0, ECX, 12, 1 },
    { "avx512-ifma", 0x7, 0, EBX, 21, 1 },
    { "avx512-vbmi", 0x7, 0, ECX, 1, 1 },
    { "avx512-vbmi2", 0x7, 0, ECX, 6, 1 },
    { "avx512-vnni", 0x7, 0, ECX, 11, 1 },
    { "avx512-vpopcntdq", 0x7, 0, ECX, 14, 1 },
    { "avx512bw", 0x7, 0, EBX, 30, 1 },
    { "avx512cd", 0x7, 0, EBX, 28, 1 },
    { "avx512dq", 0x7, 0, EBX, 17, 1 },
    { "avx512er", 0x7, 0, EBX, 27, 1 },
    { "avx512f", 0x7, 0, EBX, 16, 1 },
    { "avx512pf", 0x7, 0, EBX, 26, 1 },
    { "avx512vl", 0x7, 0, EBX, 31, 1 },
    { "bmi1", 0x7, 0, EBX, 3, 1 },
    { "bmi2", 0x7, 0, EBX, 8, 1 },
    { "brandid", 0x1, NO_SUB, EBX, 0, 8 },
    { "cet-ibt", 0x7, 0, EDX, 20, 1 },
    { "cet-ss", 0x7, 0, ECX, 7, 1 },
    { "cldemote", 0x7, 0, ECX, 25, 1 },
    { "clflush", 0x1, NO_SUB, EBX, 8, 8 },
    { "clflushopt", 0x7, 0, EBX, 23, 1 },
    { "clfsh", 0x1, NO_SUB, EDX, 19, 1 },
    { "clwb", 0x7, 0, EBX, 24, 1 },
    { "clzero", 0x80000008u, NO_SUB, EBX, 0, 1 },
    { "cmov", 0x1, NO_SUB, EDX, 15, 1 },
    { "cmplegacy", 0x80000001u, NO_SUB, ECX, 1, 1 },
    { "cmpxchg16", 0x1, NO_SUB, ECX, 13, 1 },
    { "cmpxchg8", 0x1, NO_SUB, EDX, 8, 1 },
    { "cmt", 0x7, 0, EBX, 12, 1 },
    { "cntxid", 0x1, NO_SUB, ECX, 10, 1 },
    { "core-caps", 0x7, 0, EDX, 30, 1 },
    { "dca", 0x1, NO_SUB, ECX, 18, 1 },
    { "de", 0x1, NO_SUB, EDX, 2, 1 },
    { "ds", 0x1, NO_SUB, EDX, 21, 1 },
    { "dscpl", 0x1, NO_SUB, ECX, 4, 1 },
    { "dtes64", 0x1, NO_SUB, ECX, 2, 1 },
    { "erms", 0x7, 0, EBX, 9, 1 },
    { "est", 0x1, NO_SUB, ECX, 7, 1 },
    { "extapic", 0x80000001u, NO_SUB, ECX, 3, 1 },
    { "extfamily", 0x1, NO_SUB, EAX, 20, 8 },
    { "extmodel", 0x1, NO_SUB, EAX, 16, 4 },
    { "f16c", 0x1, NO_SUB, ECX, 29, 1 },
    { "family", 0x1, NO_SUB, EAX, 8, 4 },
    { "ffxsr", 0x80000001u, NO_SUB, EDX, 25, 1 },
    { "fma", 0x1, NO_SUB, ECX, 12, 1 },
    { "fma4", 0x80000001u, NO_SUB, ECX, 16, 1 },
    { "fpu", 0x1, NO_SUB, EDX, 0, 1 },
    { "fsgsbase", 0x7, 0, EBX, 0, 1 },
    { "fxsr", 0x1, NO_SUB, EDX, 24, 1 },
    { "gfni", 0x7, 0, ECX, 8, 1 },
    { "hle", 0x7, 0, EBX, 4, 1 },
    { "htt", 0x1, NO_SUB, EDX, 28, 1 },
    { "hypervisor", 0x1, NO_SUB, ECX, 31, 1 },
    { "ia64", 0x1, NO_SUB, EDX, 30, 1 },
    { "ibpb", 0x80000008u, NO_SUB, EBX, 12, 1 },
    { "ibrs", 0x80000008u, NO_SUB, EBX, 14, 1 },
    { "ibrsb", 0x7, 0, EDX, 26, 1 },
    { "ibs", 0x80000001u, NO_SUB, ECX, 10, 1 },
    { "invpcid", 0x7, 0, EBX, 10, 1 },
    { "invtsc", 0x80000007u, NO_SUB, EDX, 8, 1 },
    { "l1d-flush", 0x7, 0, EDX, 28, 1 },
    { "lahfsahf", 0x80000001u, NO_SUB, ECX, 0, 1 },
    { "lm", 0x80000001u, NO_SUB, EDX, 29, 1 },
    { "localapicid", 0x1, NO_SUB, EBX, 24, 8 },
    { "lwp", 0x80000001u, NO_SUB, ECX, 15, 1 },
    { "maxhvleaf", 0x40000000, NO_SUB, EAX, 0, 8 },
    { "maxleaf", 0x0, NO_SUB, EAX, 0, 32 },
    { "mca", 0x1, NO_SUB, EDX, 14, 1 },
    { "mce", 0x1, NO_SUB, EDX, 7, 1 },
    { "md-clear", 0x7, 0, EDX, 10, 1 },
    { "misalignsse", 0x80000001u, NO_SUB, ECX, 7, 1 },
    { "mmx", 0x1, NO_SUB, EDX, 23, 1 },
    { "mmxext", 0x80000001u, NO_SUB, EDX, 22, 1 },
    { "model", 0x1, NO_SUB, EAX, 4, 4 },
    { "monitor", 0x1, NO_SUB, ECX, 3, 1 },
    { "movbe", 0x1, NO_SUB, ECX, 22, 1 },
    { "mpx", 0x7, 0, EBX, 14, 1 },
    { "msr", 0x1, NO_SUB, EDX, 5, 1 },
    { "mtrr", 0x1, NO_SUB, EDX, 12, 1 },
    { "nc", 0x80000008u, NO_SUB, ECX, 0, 8 },
    { "nodeid", 0x80000001u, NO_SUB, ECX, 19, 1 },
    { "nx", 0x80000001u, NO_SUB, EDX, 20, 1 },
    { "ospke", 0x7, 0, ECX, 4, 1 },
    { "osvw", 0x80000001u, NO_SUB, ECX, 9, 1 },
    { "osxsave", 0x1, NO_SUB, ECX, 27, 1 },
    { "pae", 0x1, NO_SUB, EDX, 6, 1 },
    { "page1gb", 0x80000001u, NO_SUB, EDX, 26, 1 },
    { "pat", 0x1, NO_SUB, EDX, 16, 1 },
    { "pbe", 0x1, NO_SUB, EDX, 31, 1 },
    { "pcid", 0x1, NO_SUB, ECX, 17, 1 },
    { "pclmulqdq", 0x1, NO_SUB, ECX, 1, 1 },
    { "pconfig", 0x7, 0, EDX, 18, 1 },
    { "pdcm", 0x1, NO_SUB, ECX, 15, 1 },
    { "perfctr_core", 0x80000001u, NO_SUB, ECX, 23, 1 },
    { "perfctr_nb", 0x80000001u, NO_SUB, ECX, 24, 1 },
    { "pge", 0x1, NO_SUB, EDX, 13, 1 },
    { "pku", 0x7, 0, ECX, 3, 1 },
    { "popcnt", 0x1, NO_SUB, ECX, 23, 1 },
    { "prefetchwt1", 0x7, 0, ECX, 0, 1 },
    { "proc-trace", 0x7, 0, EBX, 25, 1 },
    { "proccount", 0x1, NO_SUB, EBX, 16, 8 },
    { "pse", 0x1, NO_SUB, EDX, 3, 1 },
    { "pse36", 0x1, NO_SUB, EDX, 17, 1 },
    { "psn", 0x1, NO_SUB, EDX, 18, 1 },
    { "rdpid", 0x7, 0, ECX, 22, 1 },
    { "rdrand", 0x1, NO_SUB, ECX, 30, 1 },
    { "rdseed", 0x7, 0, EBX, 18, 1 },
    { "rdtscp", 0x80000001u, NO_SUB, EDX, 27, 1 },
    { "rstr-fp-err-ptrs", 0x80000008u, NO_SUB, EBX, 2, 1 },
    { "rtm", 0x7, 0, EBX, 11, 1 },
    { "sha", 0x7, 0, EBX, 29, 1 },
    { "skinit", 0x80000001u, NO_SUB, ECX, 12, 1 },
    { "smap", 0x7, 0, EBX, 20, 1 },
    { "smep", 0x7, 0, EBX, 7, 1 },
    { "smx", 0x1, NO_SUB, ECX, 6, 1 },
    { "srbds-ctrl", 0x7, 0, EDX, 9, 1 },
    { "ss", 0x1, NO_SUB, EDX, 27, 1 },
    { "ssb-no", 0x80000008u, NO_SUB, EBX, 26, 1 },
    { "ssbd", 0x7, 0, EDX, 31, 1 },
    { "sse", 0x1, NO_SUB, EDX, 25, 1 },
    { "sse2", 0x1, NO_SUB, EDX, 26, 1 },
    { "sse3", 0x1, NO_SUB, ECX, 0, 1 },
    { "sse4_1", 0x1, NO_SUB, ECX, 19, 1 },
    { "sse4_2", 0x1, NO_SUB, ECX, 20, 1 },
    { "sse4a", 0x80000001u, NO_SUB, ECX, 6, 1 },
    { "ssse3", 0x1, NO_SUB, ECX, 9, 1 },
    { "stepping", 0x1, NO_SUB, EAX, 0, 4 },
    { "stibp", 0x7, 0, EDX, 27, 1 },
    { "svm", 0x80000001u, NO_SUB, ECX, 2, 1 },
    { "svm_decode", 0x8000000au, NO_SUB, EDX, 7, 1 },
    { "svm_lbrv", 0x8000000au, NO_SUB, EDX, 1, 1 },
    { "svm_npt", 0x8000000au, NO_SUB, EDX, 0, 1 },
    { "svm_nrips", 0x8000000au, NO_SUB, EDX, 3, 1 },
    { "svm_pausefilt", 0x8000000au, NO_SUB, EDX, 10, 1 },
    { "svm_vmcbclean", 0x8000000au, NO_SUB, EDX, 5, 1 },
    { "syscall", 0x80000001u, NO_SUB, EDX, 11, 1 },
    { "sysenter", 0x1, NO_SUB, EDX, 11, 1 },
    { "tbm", 0x80000001u, NO_SUB, ECX, 21, 1 },
    { "tm", 0x1, NO_SUB, EDX, 29, 1 },
    { "tm2", 0x1, NO_SUB, ECX, 8, 1 },
    { "topoext", 0x80000001u, NO_SUB, ECX, 22, 1 },
    { "tsc", 0x1, NO_SUB, EDX, 4, 1 },
    { "tsc-deadline", 0x1, NO_SUB, ECX, 24, 1 },
    { "tsc_adjust", 0x7, 0, EBX, 1, 1 },
    { "umip", 0x7, 0, ECX, 2, 1 },
    { "vaes", 0x7, 0, ECX, 9, 1 },
    { "virt-ssbd", 0x80000008u, NO_SUB, EBX, 25, 1 },
    { "vme", 0x1, NO_SUB, EDX, 1, 1 },
    { "vmx", 0x1, NO_SUB, ECX, 5, 1 },
    { "vpclmulqdq", 0x7, 0, ECX, 10, 1 },
    { "wbnoinvd", 0x80000008u, NO_SUB, EBX, 9, 1 },
    { "wdt", 0x80000001u, NO_SUB, ECX, 13, 1 },
    { "x2apic", 0x1, NO_SUB, ECX, 21, 1 },
    { "xgetbv1", 0xd, 1, EAX, 2, 1 },
    { "xop", 0x80000001u, NO_SUB, ECX, 11, 1 },
    { "xsave", 0x1, NO_SUB, ECX, 26, 1 },
    { "xsavec", 0xd, 1, EAX, 1, 1 },
    { "xsaveopt", 0xd, 1, EAX, 0, 1 },
    { "xsaves", 0xd, 1, EAX, 3, 1 },
    { "xtpr", 0x1, NO_SUB, ECX, 14, 1 },
};

static int compare(const void *key, const void *element)
{
    const struct field *field = element;

    return strcasecmp(key, field->name);
}

int xg_cpuid_parse(const char *setting, struct xg_cpuid_override *override)
{
    const char *equals = strchr(setting, '=');
    const struct field *field;
    uint32_t mask;
    unsigned long value;
    char name[32], *end;

    if ( !equals || (size_t)(equals - setting) >= sizeof(name) )
        return -1;
    memcpy(name, setting, equals - setting);
    name[equals - setting] = '\0';
    field = bsearch(name, fields, sizeof(fields) / sizeof(fields[0]),
                    sizeof(fields[0]), compare);
    if ( !field )
        return -1;

    memset(override, 0, sizeof(*override));
    override->leaf = field->leaf;
    override->subleaf = field->subleaf;
    override->reg = field->reg;
    mask = (uint32_t)((1ull << field->length) - 1) << field->bit;

    /* x: the default, k and s: as on the host. */
    equals++;
    if ( !strcasecmp(equals, "x") )
        return 0;
    if ( !strcasecmp(equals, "k") || !strcasecmp(equals, "s") )
    {
        override->host = mask;
        return 0;
    }

    errno = 0;
    value = strtoul(equals, &end, 0);
    if ( errno || end == equals || *end || *equals == '-' ||
         value > mask >> field->bit )
        return -2;
    override->set = (uint32_t)value << field->bit;
    override->clear = mask & ~override->set;
    return 0;
}
