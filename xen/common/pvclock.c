/* SPDX-License-Identifier: MIT */
/* Time as guests are told it: pvclock records and the wall clock. */
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <xen/shared.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <asm/hvm-tsc.h>

/* Readers take a record that had the same even version before and after. */
static void version_begin(uint32_t *version)
{
    WRITE_ONCE(*version, (*version | 1));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void version_end(uint32_t *version)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    WRITE_ONCE(*version, *version + 1);
}

/*
 * The hypervisor's own clock is one linear function of the TSC. Guests get
 * that very function, moved by their TSC offset and for the rate of their TSC
 * (tsc-ratio.h), so all vCPUs of all domains compute the same time and it never
 * needs correcting.
 */
void pvclock_fill(const struct vcpu *v, vcpu_time_info_t *t)
{
    const struct time_scale *scale = hvm_tsc_scale(v->domain);

    memset(t, 0, sizeof(*t));
    t->tsc_timestamp = hvm_tsc_at(v, tsc_scale.tsc_base);
    t->tsc_to_system_mul = scale->mul_frac;
    t->tsc_shift = scale->shift;
    t->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
}

/* Two that update one record at a time would leave its version odd. */
static spinlock_t update_lock = SPIN_LOCK_UNLOCKED;

void pvclock_update(struct vcpu *v)
{
    vcpu_time_info_t *t = &v->vcpu_info->time;
    vcpu_time_info_t n;

    pvclock_fill(v, &n);
    spin_lock(&update_lock);
    version_begin(&t->version);
    t->tsc_timestamp = n.tsc_timestamp;
    t->system_time = n.system_time;
    t->tsc_to_system_mul = n.tsc_to_system_mul;
    t->tsc_shift = n.tsc_shift;
    t->flags = n.flags;
    version_end(&t->version);
    spin_unlock(&update_lock);
}

void wallclock_update(struct domain *d)
{
    struct shared_info *native = d->shared_info;
    struct compat_shared_info *compat = (void *)native;
    bool is_32bit = d->arch.has_32bit_shinfo;
    /* Version, seconds and nanoseconds follow each other in both forms. */
    uint32_t *wc = is_32bit ? &compat->wc_version : &native->wc_version;
    uint64_t sec = wallclock_base_sec() + d->time_offset_seconds;

    spin_lock(&update_lock);
    version_begin(&wc[0]);
    wc[1] = (uint32_t)sec;
    wc[2] = wallclock_base_nsec();
    *(is_32bit ? &compat->wc_sec_hi : &native->wc_sec_hi) = sec >> 32;
    version_end(&wc[0]);
    spin_unlock(&update_lock);
    d->arch.wc_sec = sec;
}
