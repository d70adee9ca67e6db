/* SPDX-License-Identifier: MIT */
/* Dispatch of external interrupts to their handlers. */
#include <xen/lib.h>
#include <xen/spinlock.h>
#include <asm/apic.h>
#include <asm/irq.h>

#define NR_VECTORS         256
#define UNCLAIMED_MESSAGES 4

static struct
{
    irq_handler_t *fn;
    void *data;
    uint64_t count;
} handlers[NR_VECTORS];

static spinlock_t alloc_lock = SPIN_LOCK_UNLOCKED; /* who has which vector */

int irq_alloc_vector(irq_handler_t *fn, void *data)
{
    int vector = -ENOSPC;

    spin_lock(&alloc_lock);
    for ( int v = VECTOR_DYNAMIC_FIRST; v <= VECTOR_DYNAMIC_LAST; v++ )
        if ( handlers[v].fn == NULL )
        {
            handlers[v].data = data;
            __atomic_store_n(&handlers[v].fn, fn, __ATOMIC_RELEASE);
            vector = v;
            break;
        }
    spin_unlock(&alloc_lock);
    return vector;
}

void irq_free_vector(uint8_t vector)
{
    spin_lock(&alloc_lock);
    __atomic_store_n(&handlers[vector].fn, NULL, __ATOMIC_RELEASE);
    spin_unlock(&alloc_lock);
}

void irq_set_handler(uint8_t vector, irq_handler_t *fn, void *data)
{
    handlers[vector].data = data;
    __atomic_store_n(&handlers[vector].fn, fn, __ATOMIC_RELEASE);
}

void irq_dispatch(uint8_t vector)
{
    irq_handler_t *fn = __atomic_load_n(&handlers[vector].fn, __ATOMIC_ACQUIRE);

    handlers[vector].count++;
    /* The APIC does not expect an EOI for a spurious interrupt. */
    if ( vector == VECTOR_SPURIOUS )
        return;
    if ( fn != NULL )
        fn(vector, handlers[vector].data);
    else if ( handlers[vector].count <= UNCLAIMED_MESSAGES )
        printk(XENLOG_WARNING "Interrupt on vector %#x, which nobody has\n",
               vector);
    apic_eoi();
}

uint64_t irq_count(uint8_t vector)
{
    return handlers[vector].count;
}
