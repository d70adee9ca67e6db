/* SPDX-License-Identifier: MIT */
/* What the files of task switching share. */
#pragma once

#include <asm/task-switch.h>

/* --- tss.c: the layout of a TSS in memory. --- */

#define TSS_MAX_SIZE 104 /* that a processor looks at */

struct tss_format
{
    uint8_t width;    /* of a slot, in bytes: 4 or 2 */
    uint8_t size;     /* the least that a TSS has */
    uint8_t dynamic;  /* offset of the first slot: EIP */
    uint8_t segments; /* 16-bit tasks have neither FS nor GS */
};

/* By the access rights of its descriptor. */
const struct tss_format *tss_format_of(uint32_t ar);
/* Bytes of the dynamic part, which a task that is left is saved to. */
unsigned int tss_dynamic_size(const struct tss_format *f);
/* Take a task from the image of a whole TSS. */
void tss_load(const struct tss_format *f, const uint8_t *tss,
              struct task_regs *out);
/* Put one into the dynamic part of a TSS; reserved bytes stay. */
void tss_save(const struct tss_format *f, const struct task_cpu *cpu,
              uint32_t eflags, uint8_t *dynamic);

/* --- task-switch.c --- */

struct task_machine
{
    const struct task_request *req;
    struct task_cpu *cpu;
    const struct task_ops *ops;
    void *ctx;
    struct task_fault *fault;
};

/* Note the fault; -EFAULT. The error code names the selector, RPL aside. */
int task_fault(struct task_machine *m, uint8_t vector, uint16_t selector);

/* --- task-segments.c --- */

#define SEL_RPL_MASK 3u
#define SEL_TI       4u

static inline bool sel_is_null(uint16_t sel)
{
    return (sel & ~SEL_RPL_MASK) == 0;
}

/* A segment descriptor in memory, 8 bytes. */
#define DESC_SIZE       8u
#define DESC_ACCESS_OFF 5u /* the byte with type, S, DPL and P */
#define DESC_ACCESS_BIT (8 * DESC_ACCESS_OFF)

/* What the hidden part of a segment register becomes. */
struct segment desc_to_segment(uint16_t sel, uint64_t desc);

/* After the commit: LDTR and segments by the selectors of next, checked. */
int task_load_segments(struct task_machine *m, const struct task_regs *next);
