/* SPDX-License-Identifier: MIT */
/* Port I/O, emulated MMIO, MSRs and CPUID as guests meet them. */
#pragma once

#include <xen/domain.h>

struct cpuid_leaf;

/* One I/O instruction, as the exit describes it. */
struct hvm_pio
{
    uint16_t port;
    uint8_t size; /* 1, 2, 4 */
    bool in;
    bool string, rep;  /* INS/OUTS; REP prefix */
    uint8_t addr_size; /* string forms: 2, 4, 8 */
    uint64_t gla;      /* string forms: linear address of the first item */
};

/*
 * Execute for the current vCPU v. True: done, advance RIP. False: leave RIP
 * (a fault was injected, or a REP has more to do).
 */
bool hvm_handle_pio(struct vcpu *v, const struct hvm_pio *io);

/*
 * d's I/O bitmap (two pages), bits set where ports exit. Destroy frees it and
 * the rest of d's port state; both need is_hwdom to be final.
 */
int hvm_io_bitmap_init(struct domain *d);
void hvm_io_bitmap_destroy(struct domain *d);
/* Dom0's ports that need care; set before Dom0 is created. */
struct hvm_hwdom_ports
{
    uint16_t pm1a_cnt, pm1b_cnt; /* 0: none */
    uint8_t sleep_type_s5;       /* SLP_TYP of S5; 0xff: unknown */
    uint16_t console_port;       /* eight ports of the console's UART, or 0 */
};
extern struct hvm_hwdom_ports hvm_hwdom_ports;

/* Memory-mapped devices of ours; unclaimed: all ones, writes vanish. */
uint64_t hvm_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size);
void hvm_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                    uint64_t val);

/*
 * MSRs that exit and are not kept in the VMCS: 0 or -EFAULT for #GP.
 * VMX (nested), VMCS-held ones and those of the local APIC are the caller's.
 */
int hvm_msr_read(struct vcpu *v, uint32_t msr, uint64_t *val);
int hvm_msr_write(struct vcpu *v, uint32_t msr, uint64_t val);
/* Power-up state of the MTRRs and other MSRs kept in v->arch. */
void hvm_msr_reset(struct vcpu *v);

/* The TSC offset and IA32_PAT live in the VMCS; v is current or not running. */
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset);
/* And so do multiplier and RDTSC exiting, which follow v->domain->arch.tsc. */
void hvm_tsc_controls(struct vcpu *v);
uint64_t hvm_get_guest_pat(struct vcpu *v);
void hvm_set_guest_pat(struct vcpu *v, uint64_t pat);
/* SDM "IA32_PAT MSR": may software write this? */
bool hvm_pat_valid(uint64_t pat);

/* CPUID as current vCPU v sees it. */
void hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
               struct cpuid_leaf *out);

/*
 * HVM context streams in Xen's format. save returns the bytes written, or
 * with buf == NULL the size needed; load needs d paused. -errno.
 */
int hvm_save(struct domain *d, void *buf, size_t size);
int hvm_load(struct domain *d, const void *buf, size_t size);
/* The body of one record; buf == NULL: only *size. -ENOENT, -ENOSPC. */
int hvm_save_one(struct domain *d, unsigned int type, unsigned int instance,
                 void *buf, size_t *size);
