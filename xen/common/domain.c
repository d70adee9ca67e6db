/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs: from creation to the last reference. */

/*
 * A domain lives through alive, dying, dead. domain_kill() takes it from the
 * first to the last, giving back what it holds; it can be interrupted and is
 * called again. The struct itself stays, findable by its id, until nobody
 * holds a reference: being alive is one, and so is owning pages, so that a
 * page mapped by Dom0 never names an owner that is gone.
 */

#include <xen/domain.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/vcpu-op.h>
#include <xen/watchdog.h>
#include <public/domctl.h>
#include <public/sched.h>
#include <asm/vmx.h>

struct list_head domain_list = LIST_HEAD_INIT(domain_list);
struct domain *dom0;

/* The same domains, for who looks one up by its id. */
#define DOMAIN_HASH_SIZE 256
static struct domain *domain_hash[DOMAIN_HASH_SIZE];

/*
 * Protects changes of domain_list and domain_hash, and what became of those
 * taken off them. Walking them needs no lock: a struct is freed only after
 * every pCPU has been out of whatever it was doing when it was taken off.
 */
static spinlock_t domlist_lock = SPIN_LOCK_UNLOCKED;
static struct list_head dead_domains = LIST_HEAD_INIT(dead_domains);
static struct timer reaper;

/* --- References --- */

bool get_domain(struct domain *d)
{
    uint32_t refs = __atomic_load_n(&d->refcnt, __ATOMIC_RELAXED);

    do
    {
        if ( refs == 0 )
            return false;
    } while ( !__atomic_compare_exchange_n(&d->refcnt, &refs, refs + 1, true,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED) );
    return true;
}

struct domain *get_domain_by_id(domid_t domid)
{
    struct domain *d = __atomic_load_n(&domain_hash[domid % DOMAIN_HASH_SIZE],
                                       __ATOMIC_ACQUIRE);

    while ( d && d->domain_id != domid )
        d = __atomic_load_n(&d->hash_next, __ATOMIC_ACQUIRE);
    return d && get_domain(d) ? d : NULL;
}

/* With domlist_lock held. */
static void hash_insert(struct domain *d)
{
    struct domain **head = &domain_hash[d->domain_id % DOMAIN_HASH_SIZE];

    d->hash_next = *head;
    __atomic_store_n(head, d, __ATOMIC_RELEASE);
}

/* Likewise. Who is at d goes on from there: it keeps its hash_next. */
static void hash_remove(struct domain *d)
{
    struct domain **link = &domain_hash[d->domain_id % DOMAIN_HASH_SIZE];

    while ( *link != d )
        link = &(*link)->hash_next;
    __atomic_store_n(link, d->hash_next, __ATOMIC_RELEASE);
}

struct domain *get_domain_from(domid_t domid)
{
    struct domain *d;

    for_each_domain (d)
        if ( d->domain_id >= domid && get_domain(d) )
            return d;
    return NULL;
}

struct domain *domain_next(struct domain *d)
{
    struct domain *next = get_domain_from(d ? d->domain_id + 1 : 0);

    if ( d )
        put_domain(d);
    return next;
}

static void vcpu_destroy(struct vcpu *v)
{
    kill_timer(&v->singleshot_timer);
    kill_timer(&v->periodic_timer);
    kill_timer(&v->poll_timer);
    vcpu_info_unmap(v);
    sched_destroy_vcpu(v);
    evtchn_vcpu_destroy(v);
    hvm_vcpu_destroy(v);
    v->domain->vcpu[v->vcpu_id] = NULL;
    xfree(v);
}

/* What domain_create() makes; d may be half-made. */
static void domain_free(struct domain *d)
{
    struct vcpu *v;

    if ( d->vcpu )
        for_each_vcpu (d, v)
            vcpu_destroy(v);
    xfree(d->vcpu);
    grant_table_destroy(d);
    evtchn_domain_free(d);
    hvm_domain_destroy(d);
    sched_destroy_domain(d);
    if ( d->shared_info )
        free_xenheap_page(d->shared_info);
    xfree(d);
}

/* Runs as a timer, so that nothing is locked. */
static void reap_domains(void *data)
{
    struct domain *d;

    (void)data;
    smp_synchronize();
    for ( ;; )
    {
        spin_lock(&domlist_lock);
        d = list_empty(&dead_domains)
                ? NULL
                : list_first_entry(&dead_domains, struct domain, dead_list);
        if ( d )
            list_del(&d->dead_list);
        spin_unlock(&domlist_lock);
        if ( !d )
            return;
        domain_free(d);
    }
}

void put_domain(struct domain *d)
{
    if ( __atomic_sub_fetch(&d->refcnt, 1, __ATOMIC_ACQ_REL) != 0 )
        return;
    spin_lock(&domlist_lock);
    list_unlink(&d->list);
    hash_remove(d);
    list_add_tail(&d->dead_list, &dead_domains);
    spin_unlock(&domlist_lock);
    set_timer(&reaper, NOW());
}

static int insert_domain(struct domain *d)
{
    struct list_head *at = &domain_list;
    struct domain *o;
    int rc = 0;

    spin_lock(&domlist_lock);
    for_each_domain (o)
    {
        if ( o->domain_id == d->domain_id )
            rc = -EEXIST;
        if ( o->domain_id >= d->domain_id )
        {
            at = &o->list;
            break;
        }
    }
    if ( !rc )
    {
        if ( !reaper.fn )
            init_timer(&reaper, reap_domains, NULL, smp_processor_id());
        list_add_tail(&d->list, at);
        hash_insert(d);
    }
    spin_unlock(&domlist_lock);
    return rc;
}

/* --- Creation --- */

static int check_config(const struct xen_domctl_createdomain *c)
{
    const uint32_t known = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap |
                           XEN_DOMCTL_CDF_s3_integrity |
                           XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain |
                           XEN_DOMCTL_CDF_nested_virt;

    if ( c->flags & ~known )
        return -EINVAL;
    /* Hardware-assisted guests with hardware paging, nothing else. */
    if ( !(c->flags & XEN_DOMCTL_CDF_hvm) || !(c->flags & XEN_DOMCTL_CDF_hap) )
        return -EINVAL;
    if ( c->max_vcpus == 0 || c->max_vcpus > MAX_VIRT_CPUS )
        return -EINVAL;
    if ( c->iommu_opts || c->vmtrace_size )
        return -EINVAL;
    return 0;
}

int domain_create(domid_t domid, const struct xen_domctl_createdomain *config,
                  bool privileged, struct domain **out)
{
    struct domain *d;
    int rc = check_config(config);

    if ( rc )
        return rc;
    d = xzalloc(struct domain);
    if ( !d )
        return -ENOMEM;
    d->domain_id = domid;
    d->is_privileged = d->is_hwdom = privileged;
    d->refcnt = 1;
    list_init(&d->list);
    spin_lock_init(&d->lock);
    spin_lock_init(&d->regs_lock);
    spin_lock_init(&d->page_lock);
    d->create_flags = config->flags;
    d->ssidref = config->ssidref;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    d->max_vcpus = config->max_vcpus;
    d->domctl_max_evtchn_port = config->max_evtchn_port;
    d->max_grant_frames = config->max_grant_frames;
    d->max_maptrack_frames = config->max_maptrack_frames;
    d->arch.emulation_flags = config->arch.emulation_flags;
    d->controller_pause = 1;
    d->pause_count = 1;

    rc = sched_init_domain(d, config->cpupool_id);
    if ( rc )
        goto fail;
    rc = -ENOMEM;
    d->vcpu = xzalloc_array(struct vcpu *, d->max_vcpus);
    d->shared_info = alloc_xenheap_page();
    if ( !d->vcpu || !d->shared_info )
        goto fail;
    share_xen_page_with_guest(d->shared_info, d);
    if ( (rc = hvm_domain_init(d)) || (rc = evtchn_domain_init(d)) ||
         (rc = grant_table_init(d, config)) || (rc = insert_domain(d)) )
        goto fail;
    *out = d;
    return 0;

fail:
    domain_free(d);
    return rc;
}

struct vcpu *vcpu_create(struct domain *d, uint32_t vcpu_id)
{
    struct vcpu *v;

    if ( vcpu_id >= d->max_vcpus || d->vcpu[vcpu_id] )
        return NULL;
    v = xzalloc(struct vcpu);
    if ( !v )
        return NULL;
    v->domain = d;
    v->vcpu_id = vcpu_id;
    v->pause_flags = VPF_down;
    vcpu_info_reset(v);
    sched_init_vcpu(v);
    vcpu_op_init_timers(v);
    if ( evtchn_vcpu_init(v) || hvm_vcpu_init(v) )
    {
        vcpu_destroy(v);
        return NULL;
    }
    /* Last: from now on others find it. */
    __atomic_store_n(&d->vcpu[vcpu_id], v, __ATOMIC_RELEASE);
    return v;
}

/* --- The end --- */

void domain_shutdown(struct domain *d, uint8_t reason)
{
    struct vcpu *v;

    if ( d->is_hwdom )
        hwdom_shutdown(reason);

    spin_lock(&d->lock);
    if ( d->is_shutting_down )
    {
        spin_unlock(&d->lock);
        return;
    }
    d->shutdown_code = reason;
    d->is_shutting_down = true;
    spin_unlock(&d->lock);

    for_each_vcpu (d, v)
        vcpu_pause_nosync(v);
    WRITE_ONCE(d->is_shut_down, true);
    send_global_virq(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
    struct vcpu *v;
    bool was;

    spin_lock(&d->lock);
    /* Shutting down, its vCPUs are not all paused yet: there is no way back. */
    was = d->is_shut_down;
    if ( was )
        d->is_shutting_down = d->is_shut_down = false;
    spin_unlock(&d->lock);
    if ( was )
        for_each_vcpu (d, v)
            vcpu_unpause(v);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    struct vcpu *v = current;
    char text[160];
    va_list ap;

    if ( d->is_shutting_down )
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printk(XENLOG_ERR "d%u crashed: %s\n", d->domain_id, text);
    if ( v && v->domain == d )
        vmx_dump_vcpu(v);
    domain_shutdown(d, SHUTDOWN_crash);
}

/*
 * Pages that others still have mapped stay on the second list until these
 * let go of them, which may happen at the same time.
 */
static int relinquish_pages(struct domain *d)
{
    for ( ;; )
    {
        struct page_info *pg;
        bool got = false;

        spin_lock(&d->page_lock);
        pg = page_list_first(&d->page_list);
        if ( pg )
        {
            page_list_del(&d->page_list, pg);
            page_list_add(&d->dying_pages, pg);
            got = get_page(pg, NULL); /* false: about to be freed anyhow */
        }
        spin_unlock(&d->page_lock);
        if ( !pg )
            return 0;
        if ( got )
        {
            put_page_alloc_ref(pg);
            put_page(pg);
        }
        if ( hypercall_preempt_check() )
            return -ERESTART;
    }
}

int domain_kill(struct domain *d)
{
    struct vcpu *v;
    int rc;

    if ( d == dom0 || (current && d == current->domain) )
        return -EINVAL;
    if ( d->is_dying == DOMDYING_dead )
        return 0;
    if ( d->is_dying == DOMDYING_alive )
    {
        domain_pause(d);
        for_each_vcpu (d, v)
            vmx_unload(v); /* for good: it will not run again */
        d->is_dying = DOMDYING_dying;
        clear_global_virq_handlers(d);
        domain_watchdog_destroy(d);
        hvm_domain_relinquish(d);
    }
    if ( (rc = evtchn_domain_destroy(d)) || (rc = grant_table_relinquish(d)) ||
         (rc = p2m_teardown(d)) || (rc = relinquish_pages(d)) )
        return rc;
    d->is_dying = DOMDYING_dead;
    (void)domain_set_outstanding_pages(d, 0);
    send_global_virq(VIRQ_DOM_EXC);
    put_domain(d);
    return 0;
}
