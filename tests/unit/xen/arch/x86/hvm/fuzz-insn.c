/* SPDX-License-Identifier: MIT */
/* Fuzz entry: any bytes as an instruction, decoded and executed. */
/* Build with xen/arch/x86/hvm/insn-decode.c and insn-execute.c. */

#include <string.h>

#include <xen/types.h>
#include <asm/emulate.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct machine
{
    uint64_t reg[16], flags;
    uint8_t memory[256];
};

static uint64_t read_reg(void *ctx, unsigned int reg)
{
    return ((struct machine *)ctx)->reg[reg];
}
static void write_reg(void *ctx, unsigned int reg, uint64_t val)
{
    ((struct machine *)ctx)->reg[reg] = val;
}
static uint64_t read_flags(void *ctx)
{
    return ((struct machine *)ctx)->flags;
}
static void write_flags(void *ctx, uint64_t flags)
{
    ((struct machine *)ctx)->flags = flags;
}
static uint64_t segment_base(void *ctx, unsigned int seg)
{
    (void)ctx;
    return (uint64_t)seg << 16;
}
static uint64_t read_rip(void *ctx)
{
    (void)ctx;
    return 0x1000;
}
static int read_mem(void *ctx, uint64_t linear, void *buf, unsigned int n)
{
    memcpy(buf, ((struct machine *)ctx)->memory + (linear & 0xf7), n);
    return linear & 0x100 ? EMUL_EXCEPTION : EMUL_OK;
}
static int write_mem(void *ctx, uint64_t linear, const void *buf,
                     unsigned int n)
{
    memcpy(((struct machine *)ctx)->memory + (linear & 0xf7), buf, n);
    return EMUL_OK;
}

/* One byte for the mode, the instruction behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct emul_ops ops = {
        .read_reg = read_reg,
        .write_reg = write_reg,
        .read_flags = read_flags,
        .write_flags = write_flags,
        .segment_base = segment_base,
        .read_rip = read_rip,
        .read_mem = read_mem,
        .write_mem = write_mem,
    };
    static const unsigned int modes[] = { 2, 4, 8 };
    struct machine m = { .reg = { 1, 2, 3, 4, 5, 6, 7, 8 } };
    unsigned int mode;
    struct insn i;

    if ( !size )
        return 0;
    mode = modes[data[0] % 3];
    if ( !insn_decode(data + 1, size - 1, mode, &i) )
        insn_execute(&i, mode, &ops, &m);
    return 0;
}
