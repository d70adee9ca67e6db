/* SPDX-License-Identifier: MIT */
/* Virtual IO-APICs of the hardware domain. */

/*
 * Dom0's IO-APICs have the addresses, ids and GSIs of the machine's. When it
 * unmasks a pin the first time, the host's pin of the same GSI is bound to
 * it, with the trigger mode and polarity that Dom0 programmed (it reads them
 * from the machine's ACPI tables; the hypervisor need not know). An edge goes
 * straight through. A level stays masked at the host's pin until Dom0's local
 * APIC sends the EOI of the vector, so a device that still asserts then comes
 * again. hvm-irq.c has the host's side.
 *
 * The lock covers redirection entries and lines. It is taken by vCPUs of
 * Dom0 (window accesses, EOI) and by host interrupts; inside it are the
 * host's IO-APIC lock and nothing else.
 */
#include <xen/lib.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>

#define IOREGSEL       0x00
#define IOWIN          0x10

#define REG_ID         0x00
#define REG_VERSION    0x01
#define REG_ARB        0x02
#define REG_RTE        0x10

#define IOAPIC_VERSION 0x11

/* The redirection table entry of the 82093AA. */
#define RTE_VECTOR     0xffULL
#define RTE_MODE       0x700ULL
#define RTE_LOGICAL    0x800ULL
#define RTE_STATUS     0x1000ULL
#define RTE_ACTIVE_LOW 0x2000ULL
#define RTE_REMOTE_IRR 0x4000ULL
#define RTE_LEVEL      0x8000ULL
#define RTE_MASKED     0x10000ULL
#define RTE_DEST_SHIFT 56
#define RTE_READ_ONLY  (RTE_STATUS | RTE_REMOTE_IRR)
#define RTE_WRITABLE                                                    \
    (RTE_VECTOR | RTE_MODE | RTE_LOGICAL | RTE_ACTIVE_LOW | RTE_LEVEL | \
     RTE_MASKED | (0xffULL << RTE_DEST_SHIFT))

/* What binding the host's pin depends on. */
#define RTE_WIRING (RTE_LEVEL | RTE_ACTIVE_LOW)

_Static_assert(RTE_VECTOR == APIC_ICR_VECTOR && RTE_MODE == APIC_ICR_MODE &&
                   RTE_LOGICAL == APIC_ICR_LOGICAL &&
                   RTE_LEVEL == APIC_ICR_LEVEL,
               "an entry's low bits are an interrupt message's");

static unsigned int pin_gsi(const struct vioapic_chip *c, unsigned int pin)
{
    return c->desc.gsi_base + pin;
}

static struct vioapic_chip *chip_of_gsi(struct vioapic *s, unsigned int gsi,
                                        unsigned int *pin)
{
    for ( unsigned int i = 0; i < s->nr_chips; i++ )
    {
        struct vioapic_chip *c = &s->chip[i];

        if ( gsi >= c->desc.gsi_base &&
             gsi - c->desc.gsi_base < c->desc.nr_pins )
        {
            *pin = gsi - c->desc.gsi_base;
            return c;
        }
    }
    return NULL;
}

static void deliver(struct vioapic *s, struct vioapic_pin *p)
{
    if ( p->rte & RTE_LEVEL )
        p->rte |= RTE_REMOTE_IRR;
    vlapic_send_message(s->domain, NULL,
                        p->rte &
                            (RTE_VECTOR | RTE_MODE | RTE_LOGICAL | RTE_LEVEL),
                        p->rte >> RTE_DEST_SHIFT, false);
}

/* A level pin that is asserted and free to deliver does so. */
static void evaluate(struct vioapic *s, struct vioapic_pin *p)
{
    const uint64_t blocked = RTE_MASKED | RTE_REMOTE_IRR;

    if ( (p->rte & RTE_LEVEL) && p->line && !(p->rte & blocked) )
        deliver(s, p);
}

/* The guest is done with a level interrupt: the host's pin opens again. */
static void end_level(struct vioapic *s, const struct vioapic_chip *c,
                      unsigned int pin)
{
    struct vioapic_pin *p = &c->pin[pin];

    p->rte &= ~RTE_REMOTE_IRR;
    p->line = false;
    if ( p->bound )
        irq_guest_eoi(s->domain, pin_gsi(c, pin));
}

/* Bring the host's pin in line with what the guest programmed. */
static void update_binding(struct vioapic *s, const struct vioapic_chip *c,
                           unsigned int pin, uint64_t old)
{
    struct vioapic_pin *p = &c->pin[pin];
    unsigned int gsi = pin_gsi(c, pin);
    bool masked = p->rte & RTE_MASKED;

    if ( p->bound && ((old ^ p->rte) & RTE_WIRING) && !masked )
    {
        irq_unbind_guest_gsi(s->domain, gsi);
        p->bound = false;
    }
    if ( !p->bound && !masked )
    {
        int rc = irq_bind_guest_gsi(s->domain, gsi, p->rte & RTE_LEVEL,
                                    p->rte & RTE_ACTIVE_LOW);

        if ( rc )
        {
            guest_printk(s->domain, "GSI %u cannot be had (%d)\n", gsi, rc);
            return;
        }
        p->bound = true;
    }
    if ( p->bound )
        irq_guest_mask(s->domain, gsi, masked);
}

static void write_rte(struct vioapic *s, const struct vioapic_chip *c,
                      unsigned int pin, bool high, uint32_t val)
{
    struct vioapic_pin *p = &c->pin[pin];
    uint64_t old = p->rte, new;

    new = high ? (old & 0xffffffffULL) | ((uint64_t)val << 32)
               : (old & ~0xffffffffULL) | val;
    p->rte = (new &RTE_WRITABLE) | (old & RTE_READ_ONLY);
    if ( high )
        return;

    /* Turning to edge ends a level interrupt: how old drivers send an EOI. */
    if ( (old & RTE_REMOTE_IRR) && !(p->rte & RTE_LEVEL) )
        end_level(s, c, pin);
    update_binding(s, c, pin, old);
    evaluate(s, p);
}

static uint32_t read_reg(const struct vioapic_chip *c)
{
    unsigned int sel = c->ioregsel & 0xff, pin = (sel - REG_RTE) / 2;

    switch ( sel )
    {
    case REG_ID:
    case REG_ARB:
        return c->desc.id << 24;
    case REG_VERSION:
        return IOAPIC_VERSION | ((c->desc.nr_pins - 1) << 16);
    }
    if ( sel < REG_RTE || pin >= c->desc.nr_pins )
        return 0;
    return sel & 1 ? c->pin[pin].rte >> 32 : c->pin[pin].rte;
}

static void write_reg(struct vioapic *s, struct vioapic_chip *c, uint32_t val)
{
    unsigned int sel = c->ioregsel & 0xff, pin = (sel - REG_RTE) / 2;

    if ( sel == REG_ID )
        c->desc.id = (val >> 24) & 0xff;
    else if ( sel >= REG_RTE && pin < c->desc.nr_pins )
        write_rte(s, c, pin, sel & 1, val);
}

static struct vioapic_chip *chip_at(const struct domain *d, paddr_t gpa)
{
    struct vioapic *s = d->arch.vioapic;

    for ( unsigned int i = 0; i < s->nr_chips; i++ )
        if ( gpa - s->chip[i].desc.address < VIOAPIC_WINDOW )
            return &s->chip[i];
    return NULL;
}

bool vioapic_mmio_covers(const struct domain *d, paddr_t gpa)
{
    return chip_at(d, gpa) != NULL;
}

uint64_t vioapic_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size)
{
    struct vioapic *s = v->domain->arch.vioapic;
    struct vioapic_chip *c = chip_at(v->domain, gpa);
    uint64_t val = 0;

    (void)size;
    spin_lock(&s->lock);
    switch ( (gpa - c->desc.address) & 0xff )
    {
    case IOREGSEL:
        val = c->ioregsel;
        break;
    case IOWIN:
        val = read_reg(c);
        break;
    }
    spin_unlock(&s->lock);
    return val;
}

void vioapic_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                        uint64_t val)
{
    struct vioapic *s = v->domain->arch.vioapic;
    struct vioapic_chip *c = chip_at(v->domain, gpa);

    (void)size;
    spin_lock(&s->lock);
    switch ( (gpa - c->desc.address) & 0xff )
    {
    case IOREGSEL:
        c->ioregsel = val & 0xff;
        break;
    case IOWIN:
        write_reg(s, c, val);
        break;
    }
    spin_unlock(&s->lock);
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
    struct vioapic *s = d->arch.vioapic;

    if ( !s )
        return;
    spin_lock(&s->lock);
    for ( unsigned int i = 0; i < s->nr_chips; i++ )
    {
        const struct vioapic_chip *c = &s->chip[i];

        for ( unsigned int pin = 0; pin < c->desc.nr_pins; pin++ )
            if ( (c->pin[pin].rte & RTE_REMOTE_IRR) &&
                 (c->pin[pin].rte & RTE_VECTOR) == vector )
                end_level(s, c, pin);
    }
    spin_unlock(&s->lock);
}

void hvm_gsi_assert(struct domain *d, unsigned int gsi)
{
    struct vioapic *s = d->arch.vioapic;
    struct vioapic_chip *c;
    unsigned int pin;

    if ( !s || !(c = chip_of_gsi(s, gsi, &pin)) )
        return;
    spin_lock(&s->lock);
    if ( c->pin[pin].rte & RTE_LEVEL )
    {
        c->pin[pin].line = true;
        evaluate(s, &c->pin[pin]);
    }
    else if ( !(c->pin[pin].rte & RTE_MASKED) )
        deliver(s, &c->pin[pin]);
    spin_unlock(&s->lock);
}

int vioapic_init(struct domain *d, const struct vioapic_desc *desc,
                 unsigned int nr)
{
    struct vioapic *s;

    for ( unsigned int i = 0; i < nr; i++ )
        if ( !desc[i].nr_pins || desc[i].nr_pins > VIOAPIC_MAX_PINS )
            return -EINVAL;

    s = xzalloc_bytes(sizeof(*s) + nr * sizeof(s->chip[0]));
    if ( !s )
        return -ENOMEM;
    spin_lock_init(&s->lock);
    s->domain = d;
    d->arch.vioapic = s;
    for ( ; s->nr_chips < nr; s->nr_chips++ )
    {
        struct vioapic_chip *c = &s->chip[s->nr_chips];

        c->desc = desc[s->nr_chips];
        c->pin = xzalloc_array(struct vioapic_pin, c->desc.nr_pins);
        if ( !c->pin )
        {
            vioapic_destroy(d);
            return -ENOMEM;
        }
        for ( unsigned int p = 0; p < c->desc.nr_pins; p++ )
            c->pin[p].rte = RTE_MASKED;
    }
    return 0;
}

void vioapic_destroy(struct domain *d)
{
    struct vioapic *s = d->arch.vioapic;

    if ( !s )
        return;
    for ( unsigned int i = 0; i < s->nr_chips; i++ )
    {
        const struct vioapic_chip *c = &s->chip[i];

        for ( unsigned int pin = 0; pin < c->desc.nr_pins; pin++ )
            if ( c->pin[pin].bound )
                irq_unbind_guest_gsi(d, pin_gsi(c, pin));
        xfree(c->pin);
    }
    d->arch.vioapic = NULL;
    xfree(s);
}
