/* SPDX-License-Identifier: MIT */
/* Consoles: output channels, the message ring, input and debug keys. */
#pragma once

#include <stdarg.h>
#include <xen/compiler.h>
#include <xen/types.h>

struct domain;

/* Output channels by name; console= picks from them. */
struct console_channel
{
    const char *name;
    bool (*init)(void); /* false: there is no such device */
    void (*write)(const char *s, size_t n);
    void (*flush)(void); /* wait until all is out */
};
extern const struct console_channel *const console_channels[];

void console_init(void);                     /* after cmdline_parse() */
void console_init_irq(void);                 /* once interrupts can be routed */
void console_write(const char *s, size_t n); /* to all channels */
/* From now on write synchronously; also breaks a held lock (panic). */
void console_start_sync(void);
void console_flush(void);
void console_init_ring(void); /* conring_size=, once there is a heap */
void printk_break_lock(void); /* panic: the holder will not return */
bool console_is_broken(void); /* that was called: take no locks any more */

/* What Dom0 writes by console_io: to the channels as it is. */
void console_hwdom_write(const char *s, size_t n);
/* Input for Dom0's console_io read: returns how many bytes there were. */
size_t console_hwdom_read(char *buf, size_t max);
/* Called when there is new input for Dom0 (to send VIRQ_CONSOLE). */
void console_set_input_hook(void (*fn)(void));
/* A byte came in on a serial line. */
void console_input(char c);
/* First I/O port of the serial line in use, which is not for Dom0; or 0. */
uint16_t serial_console_port(void);

/* One message with a prefix of its own, "(NIDUS) " or "(d1) ". */
void vprintk_prefix(const char *prefix, bool guest, const char *fmt, va_list ap)
    __printf(3, 0);

/*
 * The ring of messages, read by XEN_SYSCTL_readconsole: from *index if
 * incremental and still there, else from the last clear. *index becomes the
 * position behind what was read; clear forgets what was read.
 */
void console_ring_write(const char *s, size_t n);
size_t console_ring_read(char *buf, size_t max, bool incremental, bool clear,
                         uint32_t *index);
/* All of the ring once more to the channels. */
void console_ring_dump(void);
/* Change the size (a power of two); the buffer is size bytes. */
void console_ring_resize(char *buffer, uint32_t size);

/* Debug keys: Ctrl-A three times, or XEN_SYSCTL_debug_keys. */
void register_keyhandler(unsigned char key, void (*fn)(unsigned char key),
                         const char *description);
void handle_keypress(unsigned char key);
/* Register the common ones. */
void debug_keys_init(void);
void sharing_keys_init(void); /* those about event channels and grants */
