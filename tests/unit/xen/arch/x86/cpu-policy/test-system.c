/* SPDX-License-Identifier: MIT */
/* CPU policies of domains: creation, what a toolstack may set, refusals. */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/system.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/compute.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/lookup.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/serialise.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <public/domctl.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>

static int allocations;
static bool compacted_ok = true;

void printk(const char *fmt, ...)
{
}

bool xsave_probe_compacted(const struct cpu_policy *host, uint64_t components)
{
    assert_int_equal(components, 7);
    return compacted_ok;
}

void *xzalloc_bytes(size_t n)
{
    allocations++;
    return calloc(1, n);
}
void xfree(void *p)
{
    allocations -= p != NULL;
    free(p);
}

/* A machine with VMX, SMAP and invariant TSC. */
void cpu_policy_read_host(struct cpu_policy *host)
{
    memset(host, 0, sizeof(*host));
    host->basic[0].a = 0xd;
    host->basic[1].c = CPUID1_C_VMX | CPUID1_C_XSAVE;
    host->basic[1].d = CPUID1_D_APIC;
    host->feat[0].b = CPUID7_B_SMAP;
    host->ext[0].a = 0x80000008;
    host->ext[7].d = CPUIDE7_D_ITSC;
    host->ext[8].a = 39 | (48 << 8);
    host->xstate[0].a = 3;
    host->xstate[1].a =
        CPUIDD1_A_XSAVEOPT | CPUIDD1_A_XSAVEC | CPUIDD1_A_XSAVES;
}

static struct domain dom;

static int setup(void **state)
{
    static const struct cpu_policy_params hw = {
        .xcr0_allowed = 7,
        .hw_xsaves = true,
    };

    cpu_policy_init_system(&hw);
    memset(&dom, 0, sizeof(dom));
    dom.max_vcpus = 3;
    allocations = 0;
    return 0;
}

static int teardown(void **state)
{
    cpu_policy_destroy_domain(&dom);
    assert_null(dom.arch.policy);
    assert_int_equal(allocations, 0);
    return 0;
}

static const struct cpu_policy *create(uint32_t flags)
{
    dom.create_flags = flags;
    assert_int_equal(cpu_policy_init_domain(&dom), 0);
    return dom.arch.policy;
}

static void system_policies(void **state)
{
    create(0);
    assert_true(raw_cpu_policy.basic[1].c & CPUID1_C_VMX);
    assert_true(hvm_max_cpu_policy.basic[1].c & CPUID1_C_VMX);
    assert_false(hvm_def_cpu_policy.basic[1].c & CPUID1_C_VMX);
    assert_true(hvm_max_cpu_policy.ext[7].d & CPUIDE7_D_ITSC);
    assert_false(hvm_def_cpu_policy.ext[7].d & CPUIDE7_D_ITSC);
}

static void kinds_of_domains(void **state)
{
    const struct cpu_policy *p = create(0);

    assert_false(p->basic[1].c & CPUID1_C_VMX);
    assert_false(p->ext[7].d & CPUIDE7_D_ITSC);
    assert_int_equal(p->topo[1].b, 3);
    cpu_policy_destroy_domain(&dom);

    p = create(XEN_DOMCTL_CDF_nested_virt);
    assert_true(p->basic[1].c & CPUID1_C_VMX);
    cpu_policy_destroy_domain(&dom);

    dom.is_hwdom = true;
    p = create(0);
    assert_true(p->ext[7].d & CPUIDE7_D_ITSC);
    assert_false(p->basic[1].c & CPUID1_C_VMX);
}

/* A processor that packs in its own way must not be offered for packing. */
static void broken_compaction(void **state)
{
    assert_int_equal(create(0)->xstate[1].a,
                     CPUIDD1_A_XSAVEOPT | CPUIDD1_A_XSAVEC | CPUIDD1_A_XSAVES);
    cpu_policy_destroy_domain(&dom);

    compacted_ok = false;
    setup(state);
    compacted_ok = true;
    assert_int_equal(create(0)->xstate[1].a, CPUIDD1_A_XSAVEOPT);
    assert_int_equal(hvm_max_cpu_policy.xstate[1].a, CPUIDD1_A_XSAVEOPT);
}

static int set(uint32_t leaf, uint32_t subleaf, uint32_t a, uint32_t b,
               uint32_t c, uint32_t d, struct cpu_policy_error *err)
{
    xen_cpuid_leaf_t l = { leaf, subleaf, a, b, c, d };

    return cpu_policy_set_domain(&dom, &l, 1, NULL, 0, err);
}

static void toolstack_sets(void **state)
{
    const struct cpu_policy *p = create(0);
    struct cpu_policy_error err;

    /* Off goes off, VMX does not come on, ITSC is its to give. */
    assert_int_equal(set(7, 0, 0, 0, 0, 0, &err), 0);
    assert_false(p->feat[0].b & CPUID7_B_SMAP);
    assert_int_equal(set(1, ~0u, 0, 0, CPUID1_C_VMX, CPUID1_D_APIC, &err), 0);
    assert_false(p->basic[1].c & CPUID1_C_VMX);
    assert_true(p->basic[1].c & CPUID1_C_HYPERVISOR);
    assert_int_equal(set(0x80000007, ~0u, 0, 0, 0, CPUIDE7_D_ITSC, &err), 0);
    assert_true(p->ext[7].d & CPUIDE7_D_ITSC);
    /* The topology leaf is the domain's, whatever was sent. */
    assert_int_equal(set(0xb, 1, 99, 99, 99, 99, &err), 0);
    assert_int_equal(p->topo[1].b, 3);
}

static void nested_keeps_vmx(void **state)
{
    const struct cpu_policy *p = create(XEN_DOMCTL_CDF_nested_virt);
    struct cpu_policy_error err;

    assert_int_equal(set(1, ~0u, 0, 0, CPUID1_C_VMX, CPUID1_D_APIC, &err), 0);
    assert_true(p->basic[1].c & CPUID1_C_VMX);
    assert_int_equal(set(1, ~0u, 0, 0, 0, CPUID1_D_APIC, &err), 0);
    assert_false(p->basic[1].c & CPUID1_C_VMX);
}

static void refusals_change_nothing(void **state)
{
    const struct cpu_policy *p = create(0);
    struct cpu_policy before = *p;
    struct cpu_policy_error err;
    xen_msr_entry_t m = { 0x10, 0, 0 };

    assert_int_equal(set(0x20, ~0u, 0, 0, 0, 0, &err), -ERANGE);
    assert_int_equal(err.leaf, 0x20);
    assert_int_equal(set(0, ~0u, 0x20, 0, 0, 0, &err), -EINVAL);
    assert_int_equal(err.leaf, 0);
    assert_int_equal(cpu_policy_set_domain(&dom, NULL, 0, &m, 1, &err),
                     -ERANGE);
    assert_int_equal(err.msr, 0x10);
    dom.creation_finished = true;
    assert_int_equal(set(7, 0, 0, 0, 0, 0, &err), -EEXIST);
    assert_memory_equal(p, &before, sizeof(before));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(system_policies),  T(kinds_of_domains),  T(toolstack_sets),
        T(nested_keeps_vmx), T(broken_compaction), T(refusals_change_nothing),
    };

    return cmocka_run_group_tests_name("cpu-policy-system", tests, NULL, NULL);
}
