/* SPDX-License-Identifier: MIT */
/* Port handlers shared between port-io.c and the devices behind them. */
#pragma once

#include <xen/domain.h>

typedef uint32_t pio_read_t(struct vcpu *v, uint16_t port, unsigned int size);
typedef void pio_write_t(struct vcpu *v, uint16_t port, unsigned int size,
                         uint32_t val);

/* debug-port.c: one line of text under construction per domain */
struct debug_line;
pio_read_t debug_port_read;
pio_write_t debug_port_write;

/* test-ports.c: COM1, and ports that power off */
pio_read_t test_com1_read;
pio_write_t test_com1_write, test_exit_code_write, test_exit_word_write;

/* vpci.c: the configuration mechanism of Dom0 */
pio_read_t vpci_read;
pio_write_t vpci_write;

/* Real ports, by size. */
uint32_t hw_port_read(uint16_t port, unsigned int size);
void hw_port_write(uint16_t port, unsigned int size, uint32_t val);

/* All ones in size bytes: what a port without a device reads. */
static inline uint32_t pio_ones(unsigned int size)
{
    return size == 4 ? ~0u : (1u << (size * 8)) - 1;
}
