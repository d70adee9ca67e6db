/* SPDX-License-Identifier: MIT */
/* What the files of the small KVM virtual machine monitor share. */
#ifndef KVM_VMM_H
#define KVM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

/* How a guest's life ended, which is also the program's exit status. */
enum vm_end
{
    VM_RUNS = -1,       /* not over yet */
    VM_POWERED_OFF = 0, /* wrote the power-off value to the power port */
    VM_FAILED = 1,      /* KVM or the monitor cannot go on */
    VM_RESET = 3,       /* asked the keyboard controller for a reset */
    VM_TRIPLE_FAULT = 4,
};

/* 8250 UART without a receiver: enough for a kernel's console. */
struct serial
{
    uint8_t ier, lcr, mcr, scr, dll, dlm;
    bool fifo;
    bool thre_pending; /* "transmitter empty" not yet acknowledged */
    bool line;         /* level of the interrupt line */
    size_t used;
    char buf[512];
};

struct vm
{
    int kvm_fd, vm_fd, vcpu_fd;
    struct kvm_run *run;
    uint8_t *ram;
    uint64_t ram_size;
    uint32_t entry;      /* PVH entry point, physical */
    uint32_t start_info; /* where %ebx points at entry */
    enum vm_end end;
    uint64_t exits[64]; /* by KVM_EXIT_* number, for --stats */
    uint64_t ticks;     /* TSC ticks from first instruction to end */
    struct serial serial;
    uint8_t rtc_index; /* CMOS register the guest selected */
};

/* Print "kvm-vmm: ..." on stderr and leave with status 1. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* vm.c: the KVM side */
void vm_create(struct vm *vm, uint64_t ram_size);
void vm_set_entry_state(struct vm *vm);
void vm_set_irq(struct vm *vm, unsigned int irq, bool level);
void vm_run(struct vm *vm);
void vm_print_stats(const struct vm *vm);

/* loader.c: guest memory before the first instruction */
void load_guest(struct vm *vm, const char *kernel, const char *initrd,
                const char *cmdline);

/* ports.c: everything behind an I/O port */
void ports_access(struct vm *vm, uint16_t port, bool out, unsigned int size,
                  uint8_t *data);

/* serial.c */
uint8_t serial_read(struct vm *vm, unsigned int reg);
void serial_write(struct vm *vm, unsigned int reg, uint8_t val);
void serial_flush(struct serial *s);

/* rtc.c: the selected register's value */
uint8_t rtc_read(const struct vm *vm);

#endif /* KVM_VMM_H */
