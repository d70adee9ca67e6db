/* SPDX-License-Identifier: MIT */
/* Other CPUs: who they are (MADT), and waking one by INIT and SIPI. */
#include "lib.h"

#define MADT_ENTRIES      44 /* offset of the first entry */
#define MADT_LAPIC        0
#define MADT_X2APIC       9
#define MADT_FLAG_ENABLED 1
#define MAX_CPUS          64

extern const char ap_trampoline[], ap_trampoline_end[];
extern uint64_t ap_stack, ap_entry;

static unsigned int nr_cpus;
static uint32_t apic_ids[MAX_CPUS];
static volatile bool ap_running;
static void (*volatile ap_fn)(void);

static void add_cpu(uint32_t id, uint32_t flags)
{
    if ( (flags & MADT_FLAG_ENABLED) && nr_cpus < MAX_CPUS )
        apic_ids[nr_cpus++] = id;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static void parse_madt(void)
{
    const uint8_t *madt = acpi_find("APIC");
    uint32_t length, at = MADT_ENTRIES;

    if ( nr_cpus || !madt )
        return;

    length = get32(madt + 4);
    while ( at + 2 <= length && madt[at + 1] >= 2 )
    {
        const uint8_t *e = madt + at;

        if ( e[0] == MADT_LAPIC )
            add_cpu(e[3], get32(e + 4));
        else if ( e[0] == MADT_X2APIC )
            add_cpu(get32(e + 4), get32(e + 8));
        at += e[1];
    }
}

unsigned int cpu_count(void)
{
    parse_madt();
    return nr_cpus;
}

uint32_t cpu_apic_id(unsigned int cpu)
{
    parse_madt();
    return apic_ids[cpu];
}

static void ap_main(void)
{
    traps_init_ap();
    if ( x2apic_on() )
        x2apic_enable();
    ap_running = true;
    ap_fn();
    for ( ;; )
        asm volatile("cli; hlt");
}

bool cpu_start(unsigned int cpu, void (*fn)(void))
{
    uint32_t id = cpu_apic_id(cpu);

    memcpy((void *)AP_TRAMPOLINE, ap_trampoline,
           (size_t)(ap_trampoline_end - ap_trampoline));
    ap_stack = (unsigned long)alloc_pages(STACK_SIZE / PAGE_SIZE) + STACK_SIZE;
    ap_entry = (unsigned long)ap_main;
    ap_fn = fn;
    ap_running = false;

    apic_icr(id, APIC_ICR_INIT | APIC_ICR_ASSERT);
    apic_icr(id,
             APIC_ICR_STARTUP | APIC_ICR_ASSERT | AP_TRAMPOLINE / PAGE_SIZE);
    if ( !wait_for(ap_running, MS(100)) )
        /* The first may be lost; a second one never hurts. */
        apic_icr(id, APIC_ICR_STARTUP | APIC_ICR_ASSERT |
                         AP_TRAMPOLINE / PAGE_SIZE);

    return wait_for(ap_running, MS(1000));
}
