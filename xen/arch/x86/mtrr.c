/* SPDX-License-Identifier: MIT */
/* Memory types: all processors get the boot processor's MTRRs. */
#include <xen/lib.h>
#include <asm/cpu.h>
#include <asm/cpuid-defs.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#define MTRRCAP_VCNT      0xffULL
#define MTRRCAP_FIX       0x100ULL
#define MTRR_DEF_ENABLE   0x800ULL
#define MTRR_MAX_VARIABLE 32

static const uint32_t fixed[] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                  0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

struct mtrrs
{
    uint64_t cap, def_type;
    uint64_t fixed[ARRAY_SIZE(fixed)];
    uint64_t variable[MTRR_MAX_VARIABLE * 2]; /* base, mask, base, ... */
};

static struct mtrrs boot_cpu;

static bool has_mtrrs(void)
{
    return cpuid_count(1, 0).d & CPUID1_D_MTRR;
}

static unsigned int nr_variable(const struct mtrrs *m)
{
    unsigned int n = m->cap & MTRRCAP_VCNT;

    return 2 * min(n, (unsigned int)MTRR_MAX_VARIABLE);
}

static void read_all(struct mtrrs *m)
{
    m->cap = rdmsr(MSR_MTRRCAP);
    m->def_type = rdmsr(MSR_MTRR_DEF_TYPE);
    for ( unsigned int i = 0; i < nr_variable(m); i++ )
        m->variable[i] = rdmsr(MSR_MTRR_PHYSBASE0 + i);
    if ( m->cap & MTRRCAP_FIX )
        for ( unsigned int i = 0; i < ARRAY_SIZE(fixed); i++ )
            m->fixed[i] = rdmsr(fixed[i]);
}

void mtrr_save_boot_cpu(void)
{
    if ( has_mtrrs() )
        read_all(&boot_cpu);
}

static void flush_tlb_all(void)
{
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 & ~X86_CR4_PGE);
    write_cr4(cr4);
    write_cr3(read_cr3());
}

/* SDM "MTRR Considerations in MP Systems". */
static void write_all(const struct mtrrs *m)
{
    uint64_t cr0 = read_cr0();

    write_cr0((cr0 | X86_CR0_CD) & ~X86_CR0_NW);
    __asm__ volatile("wbinvd" ::: "memory");
    flush_tlb_all();
    wrmsr(MSR_MTRR_DEF_TYPE, m->def_type & ~MTRR_DEF_ENABLE);
    for ( unsigned int i = 0; i < nr_variable(m); i++ )
        wrmsr(MSR_MTRR_PHYSBASE0 + i, m->variable[i]);
    if ( m->cap & MTRRCAP_FIX )
        for ( unsigned int i = 0; i < ARRAY_SIZE(fixed); i++ )
            wrmsr(fixed[i], m->fixed[i]);
    wrmsr(MSR_MTRR_DEF_TYPE, m->def_type);
    __asm__ volatile("wbinvd" ::: "memory");
    flush_tlb_all();
    write_cr0(cr0);
}

void mtrr_apply_boot_cpu(void)
{
    struct mtrrs mine = { 0 };

    if ( !has_mtrrs() || !boot_cpu.cap )
        return;
    read_all(&mine);
    if ( memcmp(&mine, &boot_cpu, sizeof(mine)) != 0 &&
         mine.cap == boot_cpu.cap )
        write_all(&boot_cpu);
}
