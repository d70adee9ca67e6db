/* SPDX-License-Identifier: MIT */
/* What the files of the virtual local APIC share. */
#pragma once

#include <asm/msr-index.h>
#include <asm/vlapic.h>

/* Version 0x14, highest LVT entry 5, no directed EOI. */
#define VLAPIC_VERSION 0x00050014u

/* A vector below 16 is an error wherever it comes from. */
#define VLAPIC_FIRST_VECTOR 16

static inline bool vlapic_x2apic_mode(const struct vlapic *s)
{
    return s->apic_base & APIC_BASE_EXTD;
}

/* SDM "Logical x2APIC ID": cluster in the high half, one bit in the low. */
static inline uint32_t vlapic_x2apic_ldr(uint32_t id)
{
    return ((id >> 4) << 16) | (1u << (id & 0xf));
}

/* vlapic.c */
uint32_t vlapic_ppr(const struct vlapic *s);
void vlapic_update_enabled(struct vlapic *s);
void vlapic_reset_regs(struct vlapic *s);
void vlapic_recount(struct vlapic *s);
void vlapic_error(struct vlapic *s, uint32_t esr_bits);
void vlapic_set_id_regs(struct vlapic *s);

/* vlapic-timer.c */
void vlapic_timer_init(struct vlapic *s);
void vlapic_timer_stop(struct vlapic *s);
void vlapic_timer_set_tmict(struct vlapic *s, uint32_t tmict);
void vlapic_timer_set_tdcr(struct vlapic *s, uint32_t tdcr);
void vlapic_timer_set_lvtt(struct vlapic *s, uint32_t lvtt);
uint32_t vlapic_timer_tmcct(const struct vlapic *s);
void vlapic_timer_set_deadline(struct vlapic *s, uint64_t deadline);
/* After a restore: count on from the registers. */
void vlapic_timer_resume(struct vlapic *s);
