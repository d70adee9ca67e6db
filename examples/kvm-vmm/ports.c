/* SPDX-License-Identifier: MIT */
/* The guest's I/O ports that KVM leaves to us, as one table. */
#include <string.h>

#include "kvm-vmm.h"

#define COM1_BASE 0x3f8
#define KBC_PORT  0x64
#define RTC_BASE  0x70

/* QEMU's place and value for "S5" in the PM1a control register. */
#define POWER_PORT    0x604
#define POWER_OFF     0x2000

#define KBC_CMD_RESET 0xfe

struct port_range
{
    uint16_t first, count;
    uint32_t (*in)(struct vm *vm, unsigned int offset);
    void (*out)(struct vm *vm, unsigned int offset, uint32_t val);
};

static uint32_t com1_in(struct vm *vm, unsigned int offset)
{
    return serial_read(vm, offset);
}

static void com1_out(struct vm *vm, unsigned int offset, uint32_t val)
{
    serial_write(vm, offset, (uint8_t)val);
}

/* Index port, data port; the top bit of the index masks NMIs, not ours. */
static uint32_t cmos_in(struct vm *vm, unsigned int offset)
{
    return offset ? rtc_read(vm) : 0xff;
}

static void cmos_out(struct vm *vm, unsigned int offset, uint32_t val)
{
    if ( offset == 0 )
        vm->rtc_index = val & 0x7f;
}

/* There is no keyboard controller but for its reset line. */
static void kbc_out(struct vm *vm, unsigned int offset, uint32_t val)
{
    (void)offset;
    if ( val == KBC_CMD_RESET )
        vm->end = VM_RESET;
}

static void power_out(struct vm *vm, unsigned int offset, uint32_t val)
{
    (void)offset;
    if ( val == POWER_OFF )
        vm->end = VM_POWERED_OFF;
}

static const struct port_range ranges[] = {
    { COM1_BASE, 8, com1_in, com1_out },
    { RTC_BASE, 2, cmos_in, cmos_out },
    { KBC_PORT, 1, NULL, kbc_out },
    { POWER_PORT, 1, NULL, power_out },
};

void ports_access(struct vm *vm, uint16_t port, bool out, unsigned int size,
                  uint8_t *data)
{
    uint32_t val = 0;

    if ( out )
        memcpy(&val, data, size);

    for ( size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++ )
    {
        const struct port_range *r = &ranges[i];

        if ( port < r->first || port - r->first >= r->count )
            continue;

        if ( out )
            r->out(vm, port - r->first, val);
        else if ( r->in )
        {
            val = r->in(vm, port - r->first);
            memcpy(data, &val, size);
        }
        else
            break;
        return;
    }

    /* Nobody there: writes vanish, reads float high. */
    if ( !out )
        memset(data, 0xff, size);
}
