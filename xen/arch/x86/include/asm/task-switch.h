/* SPDX-License-Identifier: MIT */
/* Hardware task switches over plain data and callbacks: hvm/task-switch.c. */
#pragma once

#include <asm/hvm.h>

/* SDM "Exit Qualification for Task Switches": the order is the processor's. */
enum task_source
{
    TASK_CALL,
    TASK_IRET,
    TASK_JMP,
    TASK_GATE, /* in the IDT */
};

struct task_request
{
    enum task_source source;
    uint16_t selector; /* of the new task's TSS */
    /* An event that the program did not ask for: EXT in error codes. */
    bool external;
    /* What the event brings onto the new task's stack. */
    bool has_error;
    uint32_t error_code;
};

/* What a TSS holds of a task (SDM "Task-State Segment (TSS)"). */
struct task_regs
{
    uint32_t eip, eflags;
    uint32_t gpr[8]; /* in the order of their encoding */
    uint16_t sel[6]; /* by SEG_ES to SEG_GS */
    uint16_t ldt;    /* this and what follows is loaded, never saved */
    bool has_cr3;    /* a 16-bit TSS has none */
    uint32_t cr3;
    bool trap; /* T: #DB when the task begins */
};

/* The processor. In: with eip where the old task is to go on. */
struct task_cpu
{
    uint32_t eip, eflags;
    uint32_t gpr[8];
    struct segment seg[SEG_COUNT];
    uint32_t gdt_base, gdt_limit;
    bool paging;
};

struct task_fault
{
    uint8_t vector;
    uint32_t error_code;
    uint32_t cr2; /* #PF */
};

/* Memory by linear address, as the kernel; 0, or -EFAULT with the reason. */
struct task_ops
{
    int (*read)(void *ctx, uint32_t linear, void *buf, unsigned int n,
                struct task_fault *f);
    /* buf == NULL: only see whether it could be written. */
    int (*write)(void *ctx, uint32_t linear, const void *buf, unsigned int n,
                 struct task_fault *f);
    /* Could user mode write there. */
    int (*check_user)(void *ctx, uint32_t linear, unsigned int n,
                      struct task_fault *f);
    /* Could it be loaded; and do so, which then must not fail. */
    int (*check_cr3)(void *ctx, uint32_t cr3, struct task_fault *f);
    void (*load_cr3)(void *ctx, uint32_t cr3);
};

struct task_result
{
    bool committed; /* the registers are the new task's: in it a fault occurs */
    bool faulted;
    bool trap; /* T was set in the new TSS; not if faulted */
    struct task_fault fault;
};

/*
 * Switch tasks: memory and *cpu change if the result says committed, else
 * nothing does. Not this function's: CR0.TS, DR7, blocking of events.
 */
struct task_result task_switch(const struct task_request *req,
                               struct task_cpu *cpu, const struct task_ops *ops,
                               void *ctx);
