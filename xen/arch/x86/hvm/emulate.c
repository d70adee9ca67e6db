/* SPDX-License-Identifier: MIT */
/* Emulation of the instruction with which a guest touched device memory. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <asm/emulate.h>
#include <asm/guest-walk.h>
#include <asm/hvm-io.h>

struct emul_ctx
{
    struct vcpu *v;
    uint64_t gla; /* page of the access that faulted, if known */
    paddr_t gpa;
    enum emul_where where;
    const struct emul_page *page; /* accesses to it are special, or NULL */
};

static uint64_t ctx_read_reg(void *c, unsigned int reg)
{
    struct emul_ctx *ctx = c;

    /* RSP is kept in the VMCS. */
    return reg == 4 ? hvm_get_rsp() : ctx->v->arch.gprs.r[reg];
}

static void ctx_write_reg(void *c, unsigned int reg, uint64_t val)
{
    struct emul_ctx *ctx = c;

    if ( reg == 4 )
        hvm_set_rsp(val);
    else
        ctx->v->arch.gprs.r[reg] = val;
}

static uint64_t ctx_read_flags(void *c)
{
    (void)c;
    return hvm_get_rflags();
}

static void ctx_write_flags(void *c, uint64_t flags)
{
    (void)c;
    hvm_set_rflags(flags);
}

static uint64_t ctx_segment_base(void *c, unsigned int seg)
{
    struct segment s;

    (void)c;
    hvm_get_segment(seg, &s);
    return s.base;
}

static uint64_t ctx_read_rip(void *c)
{
    (void)c;
    return hvm_get_rip();
}

/* The instruction's only access in memory: where it went is known. */
static bool is_the_operand(const struct emul_ctx *ctx, uint64_t linear)
{
    return ctx->where == EMUL_OPERAND &&
           ((linear ^ ctx->gpa) & ~PAGE_MASK) == 0;
}

/* Guest-physical address of a linear one; EMUL_EXCEPTION: #PF is pending. */
static int translate(struct emul_ctx *ctx, uint64_t linear, bool write,
                     paddr_t *gpa)
{
    uint32_t pfec = 0;

    if ( ctx->where == EMUL_AT_GLA && ((linear ^ ctx->gla) & PAGE_MASK) == 0 )
    {
        *gpa = (ctx->gpa & PAGE_MASK) | (linear & ~PAGE_MASK);
        return EMUL_OK;
    }
    if ( is_the_operand(ctx, linear) )
    {
        *gpa = ctx->gpa;
        return EMUL_OK;
    }
    if ( guest_walk(ctx->v, linear, write, gpa, &pfec) )
    {
        hvm_inject_page_fault(linear, pfec);
        return EMUL_EXCEPTION;
    }
    return EMUL_OK;
}

/* Within one page; memory where there is some, else a device. */
static int read_chunk(struct emul_ctx *ctx, uint64_t linear, void *buf,
                      unsigned int n)
{
    paddr_t gpa;
    uint64_t val;
    int rc = translate(ctx, linear, false, &gpa);

    if ( rc )
        return rc;
    if ( ctx->page && (gpa & PAGE_MASK) == ctx->page->gpa )
        return ctx->page->read(ctx->v, gpa & ~PAGE_MASK, buf, n);
    if ( !is_the_operand(ctx, linear) &&
         !copy_from_guest_phys(ctx->v->domain, buf, gpa, n) )
        return EMUL_OK;
    val = hvm_mmio_read(ctx->v, gpa, n);
    memcpy(buf, &val, n);
    return EMUL_OK;
}

static int write_chunk(struct emul_ctx *ctx, uint64_t linear, const void *buf,
                       unsigned int n)
{
    paddr_t gpa;
    uint64_t val = 0;
    int rc = translate(ctx, linear, true, &gpa);

    if ( rc )
        return rc;
    if ( ctx->page && (gpa & PAGE_MASK) == ctx->page->gpa )
        return ctx->page->write(ctx->v, gpa & ~PAGE_MASK, buf, n);
    if ( !is_the_operand(ctx, linear) &&
         !copy_to_guest_phys(ctx->v->domain, gpa, buf, n) )
        return EMUL_OK;
    memcpy(&val, buf, n);
    hvm_mmio_write(ctx->v, gpa, n, val);
    return EMUL_OK;
}

/* Bytes of an access that lie in its first page. */
static unsigned int first_part(uint64_t linear, unsigned int n)
{
    return min((uint64_t)n, PAGE_SIZE - (linear & ~PAGE_MASK));
}

static int ctx_read_mem(void *c, uint64_t linear, void *buf, unsigned int n)
{
    unsigned int head = first_part(linear, n);
    int rc = read_chunk(c, linear, buf, head);

    if ( !rc && head < n )
        rc = read_chunk(c, linear + head, (uint8_t *)buf + head, n - head);
    return rc;
}

static int ctx_write_mem(void *c, uint64_t linear, const void *buf,
                         unsigned int n)
{
    unsigned int head = first_part(linear, n);
    paddr_t gpa;
    int rc;

    /* Both pages must be there before the first is written. */
    if ( head < n && (rc = translate(c, linear + head, true, &gpa)) )
        return rc;
    rc = write_chunk(c, linear, buf, head);
    if ( !rc && head < n )
        rc = write_chunk(c, linear + head, (const uint8_t *)buf + head,
                         n - head);
    return rc;
}

static const struct emul_ops ops = {
    .read_reg = ctx_read_reg,
    .write_reg = ctx_write_reg,
    .read_flags = ctx_read_flags,
    .write_flags = ctx_write_flags,
    .segment_base = ctx_segment_base,
    .read_rip = ctx_read_rip,
    .read_mem = ctx_read_mem,
    .write_mem = ctx_write_mem,
};

static unsigned int fetch_insn(struct emul_ctx *ctx, unsigned int mode,
                               uint8_t bytes[INSN_MAX_LEN])
{
    uint64_t linear = hvm_get_rip();

    if ( mode != 8 )
        linear = (uint32_t)(linear + ctx_segment_base(ctx, SEG_CS));
    return INSN_MAX_LEN - copy_from_guest_va(bytes, linear, INSN_MAX_LEN);
}

static bool has_one_operand_in_memory(const struct insn *i)
{
    switch ( i->op )
    {
    case INSN_STOS: /* one for each item */
    case INSN_MOVS:
    case INSN_LODS:
        return false;

    default:
        return true;
    }
}

int hvm_emulate_access(struct vcpu *v, paddr_t gpa, uint64_t gla,
                       enum emul_where where, const struct emul_page *page)
{
    struct emul_ctx ctx = { v, gla, gpa, where, page };
    unsigned int mode = hvm_guest_mode_bytes();
    uint8_t bytes[INSN_MAX_LEN];
    struct insn i;
    uint64_t rip;
    int rc;

    if ( insn_decode(bytes, fetch_insn(&ctx, mode, bytes), mode, &i) )
        return EMUL_UNHANDLED;
    if ( where == EMUL_OPERAND && !has_one_operand_in_memory(&i) )
        ctx.where = EMUL_ANYWHERE;
    rc = insn_execute(&i, mode, &ops, &ctx);
    if ( rc == EMUL_OK )
    {
        rip = hvm_get_rip() + i.len;
        hvm_set_rip(mode == 8 ? rip : (uint32_t)rip);
        hvm_insn_done();
    }
    return rc;
}

void hvm_emulate_mmio(struct vcpu *v, paddr_t gpa, uint64_t gla,
                      enum emul_where where)
{
    struct emul_ctx ctx = { .v = v };
    char text[3 * INSN_MAX_LEN + 1] = "";
    uint8_t bytes[INSN_MAX_LEN];
    unsigned int n;

    if ( hvm_emulate_access(v, gpa, gla, where, NULL) != EMUL_UNHANDLED )
        return;
    n = fetch_insn(&ctx, hvm_guest_mode_bytes(), bytes);
    for ( unsigned int i = 0; i < n; i++ )
        snprintf(text + 3 * i, sizeof(text) - 3 * i, " %02x", bytes[i]);
    domain_crash(v->domain,
                 "vCPU %u: no memory at %#lx, and the instruction at %#lx "
                 "is not one that is emulated:%s",
                 v->vcpu_id, gpa, hvm_get_rip(), text);
}
