/* SPDX-License-Identifier: MIT */
/* HVM context streams: round trip, order, and everything malformed. */
/* TEST-SOURCES: xen/arch/x86/hvm/save.c */
/* TEST-SOURCES: xen/arch/x86/hvm/mtrr.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/compute.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/xsave-check.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <public/hvm/save.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/msr-index.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>

#define NR_VCPUS   2
#define XSAVE_AREA 2696

static struct domain dom;
static struct vcpu vcpus[NR_VCPUS], *vcpu_ptrs[NR_VCPUS];
static struct vlapic vlapics[NR_VCPUS];
static struct cpu_policy policy;
static struct hvm_hw_cpu regs[NR_VCPUS];
static uint64_t pat[NR_VCPUS];
static uint8_t fpu[NR_VCPUS][16384];
static int loads[NR_VCPUS], cpu_error;
static uint8_t stream[32768];

void hvm_save_cpu_ctxt(struct vcpu *v, struct hvm_hw_cpu *c)
{
    *c = regs[v->vcpu_id];
}
int hvm_load_cpu_ctxt(struct vcpu *v, const struct hvm_hw_cpu *c)
{
    loads[v->vcpu_id]++;
    regs[v->vcpu_id] = *c;
    return cpu_error;
}
uint64_t hvm_get_guest_pat(struct vcpu *v)
{
    return pat[v->vcpu_id];
}
void hvm_set_guest_pat(struct vcpu *v, uint64_t val)
{
    pat[v->vcpu_id] = val;
}
int hvm_msr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if ( msr == MSR_MISC_FEATURES )
        v->arch.misc_features = val;
    return msr == MSR_XSS || msr == MSR_MISC_FEATURES ? 0 : -EFAULT;
}
void vlapic_save(const struct vcpu *v, struct hvm_hw_lapic *l,
                 struct hvm_hw_lapic_regs *r)
{
    memset(l, 0, sizeof(*l));
    l->apic_base_msr = 0xfee00800 + v->vcpu_id;
    memset(r, 0x30 + v->vcpu_id, sizeof(*r));
}
static uint64_t loaded_base;
int vlapic_load_hidden(struct vcpu *v, const struct hvm_hw_lapic *l)
{
    loaded_base = l->apic_base_msr;
    return 0;
}
int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *r)
{
    return r->data[1023] == 0x30 + v->vcpu_id ? 0 : -EIO;
}
void vcpu_wake(struct vcpu *v)
{
}
void vmx_sync_state(struct vcpu *v)
{
}
void vmx_forget_state(struct vcpu *v)
{
}
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
}
static bool in_l2, in_vmx;
static unsigned int nested_loads;
bool nested_can_save(const struct vcpu *v)
{
    return !in_l2;
}
size_t nested_save_record(struct vcpu *v, void *out)
{
    if ( !in_vmx )
        return 0;
    if ( out )
        memset(out, 0x77, 24);
    return 24;
}
int nested_load_record(struct vcpu *v, const void *in, size_t len)
{
    nested_loads++;
    return *(const uint8_t *)in == 0x77 ? 0 : -EINVAL;
}
static unsigned int clock_updates;
void pvclock_update(struct vcpu *v)
{
    clock_updates++;
}
int rdmsr_safe(uint32_t msr, uint64_t *val)
{
    return -EFAULT;
}
void printk(const char *fmt, ...)
{
}

static int setup(void **state)
{
    memset(&dom, 0, sizeof(dom));
    dom.arch.tsc.khz = 40000;
    memset(vcpus, 0, sizeof(vcpus));
    memset(&policy, 0, sizeof(policy));
    memset(loads, 0, sizeof(loads));
    memset(stream, 0, sizeof(stream));
    cpu_error = 0;
    policy.basic[1].a = 0x50654;
    policy.ext[8].a = 46;
    policy.xstate[0].a = 0x2e7;
    policy.xstate[2] = (struct cpuid_leaf){ 256, 576, 0, 0 };
    policy.xstate[5] = (struct cpuid_leaf){ 64, 1088, 0, 0 };
    policy.xstate[6] = (struct cpuid_leaf){ 512, 1152, 0, 0 };
    policy.xstate[7] = (struct cpuid_leaf){ 1024, 1664, 0, 0 };
    policy.xstate[9] = (struct cpuid_leaf){ 8, 2688, 0, 0 };
    dom.max_vcpus = NR_VCPUS;
    dom.vcpu = vcpu_ptrs;
    dom.arch.policy = &policy;
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        vcpu_ptrs[i] = &vcpus[i];
        vcpus[i].vcpu_id = i;
        vcpus[i].domain = &dom;
        vcpus[i].arch.vlapic = &vlapics[i];
        vcpus[i].arch.xsave_area = fpu[i];
        vcpus[i].arch.xcr0 = 7;
        vcpus[i].arch.mtrr_def_type = 0xc06;
        vcpus[i].arch.mtrr_cap = 0x508;
        memset(fpu[i], 0, sizeof(fpu[i]));
        memset(&regs[i], 0x50 + i, sizeof(regs[i]));
        pat[i] = 0x0007040600070406ULL;
    }
    return 0;
}

/* Where a record's descriptor is in the stream; -1: nowhere. */
static int find(uint16_t type, uint16_t instance)
{
    for ( size_t pos = 0;; )
    {
        struct hvm_save_descriptor d;

        memcpy(&d, stream + pos, sizeof(d));
        if ( d.typecode == type && d.instance == instance )
            return pos;
        if ( d.typecode == 0 )
            return -1;
        pos += sizeof(d) + d.length;
    }
}

static struct hvm_save_descriptor *desc_of(uint16_t type, uint16_t instance)
{
    int pos = find(type, instance);

    assert_true(pos >= 0);
    return (void *)(stream + pos);
}

static int save(void)
{
    int n = hvm_save(&dom, stream, sizeof(stream));

    assert_true(n > 0);
    return n;
}

static void round_trip(void **state)
{
    struct hvm_save_header h;
    int n;

    vcpus[1].arch.tsc_adjust = 77;
    vcpus[1].arch.mtrr_var[3] = 0x3fff0000800;
    fpu[1][600] = 0x99;
    fpu[1][512] = 7; /* XSTATE_BV */
    n = save();
    assert_int_equal(n, hvm_save(&dom, NULL, 0));
    memcpy(&h, stream + 8, sizeof(h));
    assert_int_equal(h.magic, 0x54381286);
    assert_int_equal(h.cpuid, 0x50654);
    assert_int_equal(h.gtsc_khz, 40000);
    assert_int_equal(desc_of(2, 1)->length, 1032);
    assert_int_equal(desc_of(16, 0)->length, 24 + XSAVE_AREA);
    assert_int_equal(find(20, 0), -1);

    vcpus[1].arch.tsc_adjust = 0;
    vcpus[1].arch.mtrr_var[3] = 0;
    vcpus[1].arch.xcr0 = 1;
    memset(fpu, 0, sizeof(fpu));
    memset(regs, 0, sizeof(regs));
    pat[0] = 0;
    vcpus[1].pause_flags = VPF_down;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(vcpus[1].arch.tsc_adjust, 77);
    assert_int_equal(vcpus[1].arch.mtrr_var[3], 0x3fff0000800);
    assert_int_equal(vcpus[1].arch.xcr0, 7);
    assert_int_equal(fpu[1][600], 0x99);
    assert_int_equal(((uint8_t *)&regs[1])[40], 0x51);
    assert_int_equal(pat[0], 0x0007040600070406ULL);
    assert_int_equal(vcpus[1].pause_flags, 0);
}

/* Only what is set: none, one, two. */
static void msrs(void **state)
{
    const struct hvm_msr *m;
    int n;

    save();
    assert_int_equal(find(20, 1), -1);
    vcpus[1].arch.misc_features = 1;
    n = save();
    assert_int_equal(find(20, 0), -1);
    m = (void *)(desc_of(20, 1) + 1);
    assert_int_equal(m->count, 1);
    assert_int_equal(m->msr[0].index, MSR_MISC_FEATURES);
    assert_int_equal(desc_of(20, 1)->length, 8 + 16);

    vcpus[1].arch.misc_features = 0;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(vcpus[1].arch.misc_features, 1);

    vcpus[1].arch.xss = 2;
    save();
    assert_int_equal(desc_of(20, 1)->length, 8 + 2 * 16);
    vcpus[1].arch.misc_features = vcpus[1].arch.xss = 0;
}

static void down_vcpus_have_no_registers(void **state)
{
    int n;

    vcpus[1].pause_flags = VPF_down;
    n = save();
    assert_int_equal(find(2, 1), -1);
    assert_true(find(14, 1) >= 0);
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(loads[1], 0);
    assert_int_equal(vcpus[1].pause_flags, VPF_down);
}

static void short_output(void **state)
{
    int n = hvm_save(&dom, NULL, 0);
    uint8_t *buf = malloc(n);

    assert_int_equal(hvm_save(&dom, buf, n), n);
    for ( int k = 0; k < n; k += 13 )
    {
        uint8_t *small = malloc(k + 1);

        small[k] = 0x5a;
        assert_int_equal(hvm_save(&dom, small, k), -ENOSPC);
        assert_int_equal(small[k], 0x5a);
        free(small);
    }
    free(buf);
}

static void one_record(void **state)
{
    struct hvm_hw_mtrr m;
    size_t size = 0;

    assert_int_equal(hvm_save_one(&dom, 14, 1, NULL, &size), 0);
    assert_int_equal(size, sizeof(m));
    assert_int_equal(hvm_save_one(&dom, 14, 1, &m, &size), 0);
    assert_int_equal(m.msr_mtrr_def_type, 0xc06);
    size = 8;
    assert_int_equal(hvm_save_one(&dom, 14, 1, &m, &size), -ENOSPC);
    assert_int_equal(hvm_save_one(&dom, 14, 2, &m, &size), -ENOENT);
    assert_int_equal(hvm_save_one(&dom, 3, 0, &m, &size), -ENOENT);
    assert_int_equal(hvm_save_one(&dom, 1000, 0, &m, &size), -ENOENT);
}

/* What the domain builder writes: header, one CPU, MTRR, end. */
static void builder_stream(void **state)
{
    struct hvm_save_descriptor d;
    size_t pos = 0;
    struct hvm_save_header h = { .magic = 0x54381286, .version = 1 };
    struct hvm_hw_cpu c = { .rip = 0x1000 };
    struct hvm_hw_mtrr m = { .msr_pat_cr = 0x0007040600070406ULL,
                             .msr_mtrr_def_type = 0x806 };

#define PUT(type, what)                                        \
    d = (struct hvm_save_descriptor){ type, 0, sizeof(what) }; \
    memcpy(stream + pos, &d, sizeof(d));                       \
    memcpy(stream + pos + 8, &what, sizeof(what));             \
    pos += 8 + sizeof(what);
    PUT(1, h)
    PUT(2, c)
    PUT(14, m)
    memset(stream + pos, 0, 8);
    pos += 8;
    assert_int_equal(hvm_load(&dom, stream, pos), 0);
    assert_int_equal(regs[0].rip, 0x1000);
    assert_int_equal(vcpus[0].arch.mtrr_def_type, 0x806);
    /* Bytes behind the end do not matter. */
    assert_int_equal(hvm_load(&dom, stream, pos + 100), 0);
}

static void unknown_types_are_skipped(void **state)
{
    int n = save();

    /* The TSC_ADJUST records become something we know nothing of. */
    desc_of(19, 0)->typecode = 30;
    desc_of(19, 1)->typecode = 3;
    desc_of(3, 1)->instance = 200;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
}

static void malformed(void **state)
{
    int n = save();

#define REFUSED(change, undo)                   \
    change;                                     \
    assert_true(hvm_load(&dom, stream, n) < 0); \
    undo;                                       \
    assert_int_equal(loads[0], 0);
    REFUSED(stream[8] ^= 1, stream[8] ^= 1)   /* magic */
    REFUSED(stream[12] ^= 1, stream[12] ^= 1) /* version */
    REFUSED(stream[0] = 2, stream[0] = 1)     /* no header first */
    REFUSED(desc_of(2, 0)->instance = 2, desc_of(2, 2)->instance = 0)
    REFUSED(vcpu_ptrs[1] = NULL, vcpu_ptrs[1] = &vcpus[1])
    /* Cut off anywhere: no END, or half a record. */
    for ( int k = 0; k < n; k++ )
    {
        uint8_t *cut = malloc(k ? k : 1);

        memcpy(cut, stream, k);
        assert_true(hvm_load(&dom, cut, k) < 0);
        free(cut);
    }
    assert_int_equal(loads[0], 0);
    assert_int_equal(hvm_load(&dom, stream, n), 0);
}

static void wrong_lengths(void **state)
{
    static const uint16_t types[] = { 2, 5, 6, 14, 19 };
    int n = save();

    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
    {
        int pos = find(types[i], 0);
        struct hvm_save_descriptor *d = (void *)(stream + pos);

        d->length -= 8;
        assert_true(hvm_load(&dom, stream, n) < 0);
        d->length += 8;
    }
    assert_int_equal(loads[0], 0);
}

static struct hvm_hw_cpu_xsave *xsave_record(void)
{
    return (void *)(stream + find(16, 0) + 8);
}

static void bad_xsave(void **state)
{
    int n = save();
    struct hvm_hw_cpu_xsave *x = xsave_record();

#define BAD(field, value)                                     \
    {                                                         \
        uint64_t old = x->field;                              \
        x->field = value;                                     \
        assert_int_equal(hvm_load(&dom, stream, n), -EINVAL); \
        x->field = old;                                       \
    }
    BAD(xcr0, 0)
    BAD(xcr0, 0x18 | 1)
    BAD(xcr0, 0x4 | 1) /* AVX without SSE: XSETBV would fault */
    BAD(save_area.xsave_hdr.xstate_bv, 1ULL << 63)
    BAD(save_area.xsave_hdr.xcomp_bv, 1ULL << 63)
    BAD(save_area.xsave_hdr.reserved[0], 1)
    BAD(save_area.xsave_hdr.reserved[5], 1)
    assert_int_equal(hvm_load(&dom, stream, n), 0);
}

/* A record that says it has state which its length does not cover. */
static void short_xsave(void **state)
{
    struct hvm_hw_cpu_xsave *x;
    int n = save(), pos = find(16, 0);
    struct hvm_save_descriptor *d = (void *)(stream + pos);
    uint32_t full = d->length, cut = full - 8;

    x = xsave_record();
    /* Keep the stream well formed: the rest becomes an unknown record. */
    d->length = cut - 16;
    *(struct hvm_save_descriptor *)(stream + pos + 8 + cut - 16) =
        (struct hvm_save_descriptor){ 30, 0, 16 };
    x->save_area.xsave_hdr.xstate_bv = 7;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    x->save_area.xsave_hdr.xstate_bv = 0x207;
    assert_int_equal(hvm_load(&dom, stream, n), -EINVAL);
}

static void bad_mtrr(void **state)
{
    int n = save();
    struct hvm_hw_mtrr *m = (void *)(stream + find(14, 0) + 8);

#define BAD_MTRR(field, value)                                \
    {                                                         \
        uint64_t old = m->field;                              \
        m->field = value;                                     \
        assert_int_equal(hvm_load(&dom, stream, n), -EINVAL); \
        m->field = old;                                       \
    }
    BAD_MTRR(msr_pat_cr, 2)
    BAD_MTRR(msr_mtrr_def_type, 0x1000)
    BAD_MTRR(msr_mtrr_def_type, 2)
    BAD_MTRR(msr_mtrr_fixed[3], 3)
    BAD_MTRR(msr_mtrr_var[0], 0x100)
    BAD_MTRR(msr_mtrr_var[0], 1ULL << 46)
    BAD_MTRR(msr_mtrr_var[1], 1)
    assert_int_equal(hvm_load(&dom, stream, n), 0);
}

static void random_damage(void **state)
{
    int n = save();
    uint8_t *good = malloc(n), *bad = malloc(n);

    memcpy(good, stream, n);
    srand(1);
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        memcpy(bad, good, n);
        for ( unsigned int k = rand() % 6; k; k-- )
            bad[rand() % n] = rand();
        hvm_load(&dom, bad, rand() % 4 ? n : rand() % n);
    }
    free(good);
    free(bad);
}

/* TSCs go on from where they were, with the distance they had. */
static void test_time(void **state)
{
    uint64_t diff;
    int n;

    vcpus[0].arch.tsc_offset = 1000;
    vcpus[1].arch.tsc_offset = 5000;
    n = hvm_save(&dom, stream, sizeof(stream));
    assert_true(n > 0);
    vcpus[0].arch.tsc_offset = vcpus[1].arch.tsc_offset = 0;
    clock_updates = 0;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(clock_updates, NR_VCPUS);
    diff = vcpus[1].arch.tsc_offset - vcpus[0].arch.tsc_offset;
    assert_int_equal(diff, 4000);
    /* What has passed on the machine since the save has not in the guest. */
    assert_true((int64_t)vcpus[0].arch.tsc_offset < 1000);
    assert_int_equal(dom.arch.tsc_offset, vcpus[0].arch.tsc_offset);
}

/* The record has the guest's ticks, whichever the machine's are now. */
static void test_time_of_other_rate(void **state)
{
    uint64_t before, after;
    int n;

    dom.arch.tsc.ratio = 3 * TSC_RATIO_ONE;
    vcpus[0].arch.tsc_offset = 1UL << 60;
    before = hvm_guest_tsc(&vcpus[0]);
    n = hvm_save(&dom, stream, sizeof(stream));
    dom.arch.tsc.ratio = TSC_RATIO_ONE / 5;
    vcpus[0].arch.tsc_offset = 7;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    after = hvm_guest_tsc(&vcpus[0]);
    assert_true(after >= before && after - before < 1UL << 36);
}

/* A vCPU that was down has no record and the first one's time. */
static void test_time_of_down_vcpu(void **state)
{
    int n;

    vcpus[0].arch.tsc_offset = 1000;
    vcpus[1].pause_flags = VPF_down;
    n = hvm_save(&dom, stream, sizeof(stream));
    vcpus[1].arch.tsc_offset = 77;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(vcpus[1].arch.tsc_offset, vcpus[0].arch.tsc_offset);
    assert_int_equal(vcpus[1].pause_flags, VPF_down);
}

/* The stream that a domain is started with says nothing of time. */
static void test_time_of_new_domain(void **state)
{
    struct hvm_hw_cpu *c;
    int n = hvm_save(&dom, stream, sizeof(stream));

    c = (void *)(stream + find(2, 0) + sizeof(struct hvm_save_descriptor));
    c->tsc = 0;
    vcpus[0].arch.tsc_offset = 123;
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(vcpus[0].arch.tsc_offset, 123);
}

/* VMX operation of an L1 has a record; a running L2 makes saving impossible. */
static void test_nested(void **state)
{
    int n = hvm_save(&dom, stream, sizeof(stream));

    assert_int_equal(find(0x4e00, 0), -1);
    in_vmx = true;
    nested_loads = 0;
    n = hvm_save(&dom, stream, sizeof(stream));
    assert_true(find(0x4e00, 1) > 0);
    assert_int_equal(hvm_load(&dom, stream, n), 0);
    assert_int_equal(nested_loads, NR_VCPUS);
    in_l2 = true;
    assert_int_equal(hvm_save(&dom, stream, sizeof(stream)), -EBUSY);
    in_vmx = in_l2 = false;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nested, setup),
        cmocka_unit_test_setup(test_time, setup),
        cmocka_unit_test_setup(test_time_of_other_rate, setup),
        cmocka_unit_test_setup(test_time_of_down_vcpu, setup),
        cmocka_unit_test_setup(test_time_of_new_domain, setup),
        T(round_trip),
        T(msrs),
        T(down_vcpus_have_no_registers),
        T(short_output),
        T(one_record),
        T(builder_stream),
        T(unknown_types_are_skipped),
        T(malformed),
        T(wrong_lengths),
        T(bad_xsave),
        T(short_xsave),
        T(bad_mtrr),
        T(random_damage),
    };

    return cmocka_run_group_tests_name("hvm-save", tests, NULL, NULL);
}
