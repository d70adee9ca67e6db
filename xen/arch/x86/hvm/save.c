/* SPDX-License-Identifier: MIT */
/* HVM context streams: the state of a domain's vCPUs as typed records. */

/*
 * A stream is a HEADER record, then for each type the records of all vCPUs,
 * then END. Each record follows a descriptor with type, instance (vCPU) and
 * length. Reading happens in two passes: the first checks that the stream is
 * well formed and that every record we know has a length that we know, the
 * second applies. Types we have no device for are skipped.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <public/hvm/save.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include <asm/xsave-defs.h>
#include "msr-private.h"

#define XSAVE_HEAD offsetof(struct hvm_hw_cpu_xsave, save_area)
#define XSAVE_MIN  sizeof(struct hvm_hw_cpu_xsave)
/* Ours: Xen's types end far below. A vCPU in VMX operation has one. */
#define NESTED_CODE   0x4e00
#define NESTED_LENGTH 24

_Static_assert(sizeof(struct hvm_save_descriptor) == 8, "ABI layout");
_Static_assert(sizeof(struct hvm_save_header) == 24, "ABI layout");
_Static_assert(sizeof(struct hvm_hw_cpu) == 1032, "ABI layout");
_Static_assert(sizeof(struct hvm_hw_lapic) == 24, "ABI layout");
_Static_assert(sizeof(struct hvm_hw_mtrr) == 240, "ABI layout");
_Static_assert(XSAVE_MIN == 600, "ABI layout");

/* Write the body of v's record to out, or only return its length. */
typedef size_t save_fn(struct vcpu *v, void *out);
typedef int load_fn(struct vcpu *v, const void *in, size_t len);

struct record_type
{
    uint16_t code;
    uint32_t min_len, max_len;
    save_fn *save;
    load_fn *load;
};

/* --- CPU --- */

/* A vCPU that is down has no state: who restores leaves it down. */
static size_t save_cpu(struct vcpu *v, void *out)
{
    struct hvm_hw_cpu *c = out;

    if ( v->pause_flags & VPF_down )
        return 0;
    if ( c )
    {
        hvm_save_cpu_ctxt(v, c);
        c->tsc = hvm_tsc_at(v, v->domain->arch.sync_tsc);
    }
    return sizeof(*c);
}

static int load_cpu(struct vcpu *v, const void *in, size_t len)
{
    const struct hvm_hw_cpu *c = in;
    int rc;

    (void)len;
    rc = hvm_load_cpu_ctxt(v, c);
    if ( rc )
        return rc;
    /* Who starts a new domain leaves it 0: its TSC is the machine's. */
    if ( c->tsc )
        hvm_set_tsc_offset(v, v->arch.tsc_offset + c->tsc -
                                  hvm_tsc_at(v, v->domain->arch.sync_tsc));
    /* A vCPU with a state is up: it runs when the domain is unpaused. */
    __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    v->arch.vlapic->sipi_expected = false;
    vcpu_wake(v);
    return 0;
}

/* --- LAPIC, LAPIC_REGS --- */

static size_t save_lapic(struct vcpu *v, void *out)
{
    struct hvm_hw_lapic_regs regs;

    if ( out )
        vlapic_save(v, out, &regs);
    return sizeof(struct hvm_hw_lapic);
}

static int load_lapic(struct vcpu *v, const void *in, size_t len)
{
    (void)len;
    return vlapic_load_hidden(v, in);
}

static size_t save_lapic_regs(struct vcpu *v, void *out)
{
    struct hvm_hw_lapic hidden;

    if ( out )
        vlapic_save(v, &hidden, out);
    return sizeof(struct hvm_hw_lapic_regs);
}

static int load_lapic_regs(struct vcpu *v, const void *in, size_t len)
{
    (void)len;
    return vlapic_load_regs(v, in);
}

/* --- MTRR --- */

static size_t save_mtrr(struct vcpu *v, void *out)
{
    struct hvm_hw_mtrr *m = out;

    if ( m )
    {
        m->msr_pat_cr = hvm_get_guest_pat(v);
        memcpy(m->msr_mtrr_var, v->arch.mtrr_var, sizeof(m->msr_mtrr_var));
        memcpy(m->msr_mtrr_fixed, v->arch.mtrr_fixed,
               sizeof(m->msr_mtrr_fixed));
        m->msr_mtrr_cap = v->arch.mtrr_cap;
        m->msr_mtrr_def_type = v->arch.mtrr_def_type;
    }
    return sizeof(*m);
}

static int load_mtrr(struct vcpu *v, const void *in, size_t len)
{
    const struct hvm_hw_mtrr *m = in;
    static const uint16_t fixed_msr[NUM_FIXED_MSR] = {
        0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
        0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
    };

    (void)len;
    if ( !hvm_pat_valid(m->msr_pat_cr) )
        return -EINVAL;
    for ( unsigned int i = 0; i < MTRR_VCNT * 2; i++ )
        if ( !mtrr_value_valid(v, MSR_MTRR_PHYSBASE0 + i, m->msr_mtrr_var[i]) )
            return -EINVAL;
    for ( unsigned int i = 0; i < NUM_FIXED_MSR; i++ )
        if ( !mtrr_value_valid(v, fixed_msr[i], m->msr_mtrr_fixed[i]) )
            return -EINVAL;
    if ( !mtrr_value_valid(v, MSR_MTRR_DEF_TYPE, m->msr_mtrr_def_type) )
        return -EINVAL;

    hvm_set_guest_pat(v, m->msr_pat_cr);
    memcpy(v->arch.mtrr_var, m->msr_mtrr_var, sizeof(m->msr_mtrr_var));
    memcpy(v->arch.mtrr_fixed, m->msr_mtrr_fixed, sizeof(m->msr_mtrr_fixed));
    v->arch.mtrr_def_type = m->msr_mtrr_def_type;
    return 0;
}

/* --- CPU_XSAVE: the area in the standard format. --- */

static uint64_t policy_xcr0(const struct vcpu *v)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    return p->xstate[0].a | ((uint64_t)p->xstate[0].d << 32);
}

static size_t save_xsave(struct vcpu *v, void *out)
{
    uint64_t xcr0 = policy_xcr0(v);
    size_t area = xstate_size(v->domain->arch.policy, xcr0, false);
    struct hvm_hw_cpu_xsave *x = out;

    if ( !xcr0 )
        return 0; /* no such record */
    if ( x )
    {
        uint64_t bv;

        vmx_sync_state(v);
        x->xfeature_mask = xcr0;
        x->xcr0 = v->arch.xcr0;
        x->xcr0_accum = xcr0;
        memcpy(&x->save_area, v->arch.xsave_area, area);
        bv = x->save_area.xsave_hdr.xstate_bv & xcr0;
        x->save_area.xsave_hdr.xstate_bv = bv;
    }
    return XSAVE_HEAD + area;
}

/* SDM "XSAVE Header": what XRSTOR would fault on must not get in. */
static int check_xsave(const struct vcpu *v, const struct hvm_hw_cpu_xsave *x,
                       size_t len)
{
    const struct cpu_policy *p = v->domain->arch.policy;
    const struct hvm_hw_cpu_xsave_hdr *h = &x->save_area.xsave_hdr;
    uint64_t allowed = policy_xcr0(v);

    if ( !xcr0_valid(p, x->xcr0) || (h->xstate_bv & ~allowed) || h->xcomp_bv )
        return -EINVAL;
    for ( unsigned int i = 0; i < ARRAY_SIZE(h->reserved); i++ )
        if ( h->reserved[i] )
            return -EINVAL;
    /* Every component that is present must be there in full. */
    if ( len - XSAVE_HEAD < xstate_size(p, h->xstate_bv, false) )
        return -EINVAL;
    return 0;
}

static int load_xsave(struct vcpu *v, const void *in, size_t len)
{
    const struct hvm_hw_cpu_xsave *x = in;
    uint8_t *area = v->arch.xsave_area;
    size_t have = len - XSAVE_HEAD,
           room = xstate_size(v->domain->arch.policy, policy_xcr0(v), false);
    uint32_t mxcsr;
    int rc = check_xsave(v, x, len);

    if ( rc )
        return rc;
    vmx_sync_state(v);
    vmx_forget_state(v);
    memset(area + FXSAVE_SIZE, 0, room - FXSAVE_SIZE);
    memcpy(area, &x->save_area, min(have, room));
    memcpy(&mxcsr, area + FXSAVE_MXCSR, sizeof(mxcsr));
    mxcsr &= MXCSR_VALID;
    memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    v->arch.xcr0 = x->xcr0;
    return 0;
}

/* --- TSC_ADJUST, CPU_MSR --- */

static size_t save_tsc_adjust(struct vcpu *v, void *out)
{
    struct hvm_tsc_adjust *t = out;

    if ( t )
        t->tsc_adjust = v->arch.tsc_adjust;
    return sizeof(*t);
}

static int load_tsc_adjust(struct vcpu *v, const void *in, size_t len)
{
    const struct hvm_tsc_adjust *t = in;

    (void)len;
    v->arch.tsc_adjust = t->tsc_adjust;
    return 0;
}

static size_t msr_record_size(uint32_t count)
{
    return sizeof(struct hvm_msr) + count * sizeof(struct hvm_one_msr);
}

/* Registers that are zero need no entry; none at all, no record. */
static size_t save_msrs(struct vcpu *v, void *out)
{
    const struct hvm_one_msr all[] = {
        { MSR_MISC_FEATURES, 0, v->arch.misc_features },
        { MSR_XSS, 0, v->arch.xss },
    };
    struct hvm_msr *m = out;
    uint32_t n = 0;

    for ( size_t i = 0; i < ARRAY_SIZE(all); i++ )
        if ( all[i].val )
        {
            if ( m )
                m->msr[n] = all[i];
            n++;
        }
    if ( !n )
        return 0;
    if ( m )
        m->count = n;
    return msr_record_size(n);
}

static int load_msrs(struct vcpu *v, const void *in, size_t len)
{
    const struct hvm_msr *m = in;

    if ( m->count > (len - sizeof(*m)) / sizeof(m->msr[0]) )
        return -EINVAL;
    for ( uint32_t i = 0; i < m->count; i++ )
    {
        if ( m->msr[i]._rsvd )
            return -EINVAL;
        if ( m->msr[i].val && hvm_msr_write(v, m->msr[i].index, m->msr[i].val) )
            return -ENXIO;
    }
    return 0;
}

/* In the order in which they are written. */
static const struct record_type types[] = {
    { HVM_SAVE_CODE(CPU), HVM_SAVE_LENGTH(CPU), HVM_SAVE_LENGTH(CPU), save_cpu,
      load_cpu },
    { HVM_SAVE_CODE(LAPIC), HVM_SAVE_LENGTH(LAPIC), HVM_SAVE_LENGTH(LAPIC),
      save_lapic, load_lapic },
    { HVM_SAVE_CODE(LAPIC_REGS), HVM_SAVE_LENGTH(LAPIC_REGS),
      HVM_SAVE_LENGTH(LAPIC_REGS), save_lapic_regs, load_lapic_regs },
    { HVM_SAVE_CODE(MTRR), HVM_SAVE_LENGTH(MTRR), HVM_SAVE_LENGTH(MTRR),
      save_mtrr, load_mtrr },
    { CPU_XSAVE_CODE, XSAVE_MIN, PAGE_SIZE * 4, save_xsave, load_xsave },
    { HVM_SAVE_CODE(TSC_ADJUST), HVM_SAVE_LENGTH(TSC_ADJUST),
      HVM_SAVE_LENGTH(TSC_ADJUST), save_tsc_adjust, load_tsc_adjust },
    { CPU_MSR_CODE, sizeof(struct hvm_msr), PAGE_SIZE, save_msrs, load_msrs },
    { NESTED_CODE, NESTED_LENGTH, NESTED_LENGTH, nested_save_record,
      nested_load_record },
};

static const struct record_type *find_type(unsigned int code)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
        if ( types[i].code == code )
            return &types[i];
    return NULL;
}

/* --- Writing. --- */

struct stream
{
    uint8_t *buf; /* NULL: only count */
    size_t size, pos;
};

/* Room for a record of len bytes behind its descriptor; NULL: none. */
static void *put_record(struct stream *s, uint16_t code, uint16_t instance,
                        uint32_t len)
{
    struct hvm_save_descriptor desc = { code, instance, len };
    size_t at = s->pos + sizeof(desc);
    bool fits =
        s->buf && s->pos <= s->size && s->size - s->pos >= sizeof(desc) + len;

    s->pos = at + len;
    if ( !fits )
        return NULL;
    memcpy(s->buf + at - sizeof(desc), &desc, sizeof(desc));
    return s->buf + at;
}

static void write_header(struct domain *d, struct stream *s)
{
    struct hvm_save_header h = {
        .magic = HVM_FILE_MAGIC,
        .version = HVM_FILE_VERSION,
        .changeset = ~0ULL,
        .cpuid = d->arch.policy->basic[1].a,
        .gtsc_khz = d->arch.tsc.khz,
    };
    void *at = put_record(s, HVM_SAVE_CODE(HEADER), 0, sizeof(h));

    if ( at )
        memcpy(at, &h, sizeof(h));
}

int hvm_save(struct domain *d, void *buf, size_t size)
{
    struct stream s = { buf, size, 0 };
    struct vcpu *v;

    /* The registers are the L2's then: nobody could make use of them. */
    for_each_vcpu (d, v)
        if ( !nested_can_save(v) )
            return -EBUSY;
    d->arch.sync_tsc = rdtsc();
    write_header(d, &s);
    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
        for_each_vcpu (d, v)
        {
            size_t len = types[i].save(v, NULL);
            void *at;

            if ( !len )
                continue;
            at = put_record(&s, types[i].code, v->vcpu_id, len);
            if ( at )
                types[i].save(v, at);
        }
    put_record(&s, HVM_SAVE_CODE(END), 0, 0);
    return buf && s.pos > size ? -ENOSPC : (int)s.pos;
}

int hvm_save_one(struct domain *d, unsigned int type, unsigned int instance,
                 void *buf, size_t *size)
{
    const struct record_type *t = find_type(type);
    struct vcpu *v;
    size_t len;

    if ( !t || instance >= d->max_vcpus || !(v = d->vcpu[instance]) )
        return -ENOENT;
    d->arch.sync_tsc = rdtsc();
    len = t->save(v, NULL);
    if ( !len )
        return -ENOENT;
    if ( buf )
    {
        if ( *size < len )
            return -ENOSPC;
        t->save(v, buf);
    }
    *size = len;
    return 0;
}

/* --- Reading. --- */

struct reader
{
    const uint8_t *buf;
    size_t size, pos;
};

/* The next record; false when the descriptor or the body is cut off. */
static bool next_record(struct reader *r, struct hvm_save_descriptor *desc,
                        const uint8_t **body)
{
    if ( r->size - r->pos < sizeof(*desc) )
        return false;
    memcpy(desc, r->buf + r->pos, sizeof(*desc));
    r->pos += sizeof(*desc);
    if ( r->size - r->pos < desc->length )
        return false;
    *body = r->buf + r->pos;
    r->pos += desc->length;
    return true;
}

static int check_header(const struct hvm_save_descriptor *desc,
                        const uint8_t *body)
{
    struct hvm_save_header h;

    if ( desc->typecode != HVM_SAVE_CODE(HEADER) || desc->length != sizeof(h) )
        return -EINVAL;
    memcpy(&h, body, sizeof(h));
    return h.magic == HVM_FILE_MAGIC && h.version == HVM_FILE_VERSION ? 0
                                                                      : -EINVAL;
}

static int check_record(const struct domain *d,
                        const struct hvm_save_descriptor *desc)
{
    const struct record_type *t = find_type(desc->typecode);

    if ( !t )
        return 0;
    if ( desc->length < t->min_len || desc->length > t->max_len ||
         desc->instance >= d->max_vcpus || !d->vcpu[desc->instance] )
        return -EINVAL;
    return 0;
}

/* One pass over the stream: check it, or apply it. */
static int walk(struct domain *d, const void *buf, size_t size, bool apply)
{
    struct reader r = { buf, size, 0 };
    struct hvm_save_descriptor desc;
    const uint8_t *body;
    int rc;

    if ( !next_record(&r, &desc, &body) )
        return -ENODATA;
    rc = check_header(&desc, body);

    while ( !rc )
    {
        const struct record_type *t;

        if ( !next_record(&r, &desc, &body) )
            return -ENODATA;
        if ( desc.typecode == HVM_SAVE_CODE(END) )
            return 0;
        rc = check_record(d, &desc);
        t = find_type(desc.typecode);
        if ( !rc && apply && t )
            rc = t->load(d->vcpu[desc.instance], body, desc.length);
        if ( rc )
            printk(XENLOG_INFO "d%u: HVM context record %u of vCPU %u (%u "
                               "bytes) is not acceptable (%d)\n",
                   d->domain_id, desc.typecode, desc.instance, desc.length, rc);
    }
    return rc;
}

/*
 * The TSCs go on from where they were saved, all from one moment, and those of
 * vCPUs that are down, which have no record, with the first one's.
 */
static void resume_time(struct domain *d)
{
    struct vcpu *v, *first = d->vcpu[0];

    if ( !first || first->pause_flags & VPF_down )
        return;
    d->arch.tsc_offset = first->arch.tsc_offset;
    for_each_vcpu (d, v)
    {
        if ( v->pause_flags & VPF_down )
            hvm_set_tsc_offset(v, d->arch.tsc_offset);
        pvclock_update(v);
    }
}

int hvm_load(struct domain *d, const void *buf, size_t size)
{
    int rc = walk(d, buf, size, false);

    d->arch.sync_tsc = rdtsc();
    if ( !rc )
        rc = walk(d, buf, size, true);
    if ( !rc )
        resume_time(d);
    return rc;
}
