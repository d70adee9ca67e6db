/* SPDX-License-Identifier: MIT */
/* Stopping vCPUs and whole domains for a while. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/smp.h>

/* v was told to stop: wait until no other pCPU executes it any more. */
static void wait_until_off(const struct vcpu *v)
{
    if ( v == current )
        return;
    while ( READ_ONCE(v->is_running) )
        smp_relax();
}

void vcpu_pause_nosync(struct vcpu *v)
{
    __atomic_add_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep(v);
}

void vcpu_unpause(struct vcpu *v)
{
    if ( __atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST) == 0 )
        vcpu_wake(v);
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    __atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    for_each_vcpu (d, v)
        vcpu_sleep(v);
    for_each_vcpu (d, v)
        wait_until_off(v);
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if ( __atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) == 0 )
        for_each_vcpu (d, v)
            vcpu_wake(v);
}

int domain_pause_by_systemcontroller(struct domain *d)
{
    int count;

    spin_lock(&d->lock);
    count = d->controller_pause;
    if ( count < 255 )
        d->controller_pause++;
    spin_unlock(&d->lock);
    if ( count >= 255 )
        return -EOVERFLOW;
    domain_pause(d);
    return 0;
}

int domain_unpause_by_systemcontroller(struct domain *d)
{
    int count;

    spin_lock(&d->lock);
    count = d->controller_pause;
    if ( count )
        d->controller_pause--;
    spin_unlock(&d->lock);
    if ( !count )
        return -EINVAL;
    d->creation_finished = true;
    domain_unpause(d);
    return 0;
}
