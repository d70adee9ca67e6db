/* SPDX-License-Identifier: MIT */
/* Fuzz entry: any records as the policy that a toolstack sends. */
/* Build with xen/arch/x86/cpu-policy/{serialise,compute,lookup}.c. */

#include <string.h>

#include <asm/cpu-policy.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cpu_policy_params params = {
        .kind = CPU_POLICY_DOMU,
        .max_vcpus = 4,
        .xcr0_allowed = 0x2e7,
    };
    static xen_cpuid_leaf_t leaves[CPU_POLICY_MAX_LEAVES];
    struct cpu_policy host, max, p;
    struct cpu_policy_error err;
    uint32_t nr = size / sizeof(leaves[0]);

    if ( nr > CPU_POLICY_MAX_LEAVES )
        nr = CPU_POLICY_MAX_LEAVES;
    memcpy(leaves, data, nr * sizeof(leaves[0]));
    memset(&host, 0xff, sizeof(host));
    cpu_policy_compute(&host, &params, &max);
    p = max;
    if ( cpu_policy_deserialise_leaves(&p, leaves, nr, &err) ||
         cpu_policy_check(&max, &p, &err) )
        return 0;
    cpu_policy_recalculate(&p, &max, &params);
    for ( uint32_t leaf = 0; leaf < CPUID_NR_BASIC; leaf++ )
    {
        struct cpuid_vcpu_state s = { .xcr0 = p.xstate[0].a };
        struct cpuid_leaf l;

        cpuid_policy_lookup(&p, leaf, 1, &l);
        cpuid_policy_patch(&p, &s, leaf, 1, &l);
    }
    nr = CPU_POLICY_MAX_LEAVES;
    cpu_policy_serialise_leaves(&p, leaves, &nr);
    return 0;
}
