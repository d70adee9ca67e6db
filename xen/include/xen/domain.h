/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs: the objects everything else hangs on. */
#pragma once

#include <xen/list.h>
#include <xen/mm.h>
#include <xen/page-list.h>
#include <xen/percpu.h>
#include <xen/sched-policy.h>
#include <xen/spinlock.h>
#include <xen/timer.h>
#include <public/vcpu.h>
#include <public/xen.h>
#include <asm/hvm.h>
#include <asm/p2m.h>

struct cpupool;       /* common/sched */
struct evtchn_domain; /* common/event-channel.c */
struct evtchn_vcpu;
struct grant_table;     /* common/grant-table.c */
struct domain_watchdog; /* common/sched-op.c */
struct nested_domain;   /* xen/nested */
struct nested_vcpu;

#define MAX_VIRT_CPUS 128

/* A vcpu_info, which 32-bit code may align to 4 bytes only. */
typedef vcpu_info_t __aligned(4) vcpu_info_area_t;

/* Reasons for which a vCPU does not run (v->pause_flags). */
#define VPF_blocked 0x1 /* waits for an event (SCHEDOP_block, poll, HLT) */
#define VPF_down    0x2 /* not brought up yet, or taken down */
#define VPF_polling 0x4 /* blocked in SCHEDOP_poll */

struct vcpu
{
    struct hvm_vcpu arch; /* first: the entry code addresses it */

    uint32_t vcpu_id;
    struct domain *domain;
    unsigned int processor; /* pCPU it runs on, or ran on last */
    bool hcall_compat;      /* its hypercall is from 32-bit code */

    /* Scheduler, xen/common/sched/ */
    struct sched_unit sched; /* guarded by the pool's lock */
    uint32_t pause_flags;    /* VPF_*, changed atomically */
    int pause_count;         /* nested vcpu_pause_nosync() */
    bool is_running;         /* a pCPU has its state, also while it leaves */
    cpumask_t hard_affinity, soft_affinity; /* as asked for: affinity.c */
    cpumask_t hard_affinity_saved;          /* while overridden */
    bool affinity_overridden;
    s_time_t state_entry_time;
    uint64_t runstate_time[4];
    int runstate;            /* RUNSTATE_* of public/vcpu.h */
    uint64_t runstate_guest; /* guest linear address of the area, 0 = none */

    /* Event delivery, owned by common/event-channel.c */
    struct evtchn_vcpu *evtchn;
    vcpu_info_area_t *vcpu_info; /* never NULL: dummy until there is one */
    mfn_t vcpu_info_mfn;         /* page pinned for it, or INVALID_MFN */

    /* VCPUOP timers, owned by common/vcpu-op.c */
    struct timer singleshot_timer;
    struct timer periodic_timer;
    s_time_t periodic_period;
    struct timer poll_timer;
    uint32_t poll_evtchn; /* port polled for, -1: several, 0: none */
};

/* Life of a domain, in this order. */
enum domain_dying
{
    DOMDYING_alive,
    DOMDYING_dying, /* domain_kill() is giving its resources back */
    DOMDYING_dead,  /* nothing left but references to the struct */
};

struct domain
{
    domid_t domain_id;
    bool is_privileged; /* may use domctl, sysctl, ... (Dom0) */
    bool is_hwdom;      /* owns the machine's devices (Dom0) */
    enum domain_dying is_dying;
    uint32_t refcnt;          /* get_domain(); the last put frees the struct */
    struct list_head list;    /* domain_list, sorted by domain_id */
    struct domain *hash_next; /* of those whose ids meet in domain_hash */
    struct list_head dead_list;
    spinlock_t lock; /* life cycle, pause counts, what has no lock of its own */
    spinlock_t regs_lock; /* registers of vCPUs that do not run; only tried */

    /* Memory; page_lock protects the list and the counts. */
    spinlock_t page_lock;
    struct page_list page_list;
    struct page_list dying_pages; /* given up, others have them mapped */
    uint64_t tot_pages;
    uint64_t max_pages;
    uint64_t outstanding_claim;
    uint64_t pod_target; /* pages to start with, by XENMEM_set_pod_target */

    /* vCPUs: max_vcpus slots, each NULL until XEN_DOMCTL_max_vcpus. */
    uint32_t max_vcpus;
    struct vcpu **vcpu;

    int pause_count;      /* nested domain_pause() */
    int controller_pause; /* by XEN_DOMCTL_pausedomain */
    bool is_shutting_down;
    bool is_shut_down;
    uint8_t shutdown_code;  /* SHUTDOWN_*; meaningful when shutting down */
    bool creation_finished; /* unpaused for the first time */
    bool debugger_attached; /* XEN_DOMCTL_setdebugging */

    uint8_t handle[16];
    uint32_t ssidref;
    uint32_t create_flags; /* XEN_DOMCTL_CDF_* */
    uint32_t vm_assist;
    struct cpupool *cpupool; /* changes only while all vCPUs are off */
    struct sched_dom sched;  /* guarded by the pool's lock */
    int64_t time_offset_seconds;
    uint32_t domctl_max_evtchn_port, max_grant_frames, max_maptrack_frames;

    shared_info_t *shared_info; /* hypervisor page the guest may map */

    struct evtchn_domain *evtchn;
    struct grant_table *grant_table;
    struct domain_watchdog *watchdog; /* NULL until the first is set */
    struct nested_domain *nested;     /* NULL unless nestedhvm=1 */

    struct p2m_domain p2m;
    struct hvm_domain arch;
};

extern struct list_head domain_list;
extern struct domain *dom0;

/*
 * Without a lock; a domain met may be on its way out (get_domain() tells).
 * Not to be gone on with after waiting for other pCPUs.
 */
#define for_each_domain(d) list_for_each_entry (d, &domain_list, list)
/*
 * The same where there is waiting inside: each d is held by a reference. Who
 * leaves early puts that.
 */
#define for_each_domain_held(d) \
    for ( (d) = domain_next(NULL); (d) != NULL; (d) = domain_next(d) )
#define for_each_vcpu(d, v)                               \
    for ( uint32_t vi_ = 0; vi_ < (d)->max_vcpus; vi_++ ) \
        if ( ((v) = (d)->vcpu[vi_]) != NULL )

/*
 * Create a domain without vCPUs. domid must be free; config is a
 * struct xen_domctl_createdomain of public/domctl.h, validated here.
 * Returns the domain in *out, one reference held by its being alive, one
 * pause count held as controller pause.
 */
struct xen_domctl_createdomain;
int domain_create(domid_t domid, const struct xen_domctl_createdomain *config,
                  bool privileged, struct domain **out);
struct vcpu *vcpu_create(struct domain *d, uint32_t vcpu_id);

/* Look up; NULL if absent. by_id takes a reference, put_domain() ends it. */
struct domain *get_domain_by_id(domid_t domid);
/* The first with that id or a higher one, with a reference. */
struct domain *get_domain_from(domid_t domid);
/* Drop the reference on d (NULL: start), get the next with one. */
struct domain *domain_next(struct domain *d);
bool get_domain(struct domain *d);
void put_domain(struct domain *d);
/* A reference on a domain that certainly has one already. */
static inline void get_knownalive_domain(struct domain *d)
{
    __atomic_add_fetch(&d->refcnt, 1, __ATOMIC_RELAXED);
}

/*
 * Pausing nests. domain_pause() returns when no other pCPU executes any vCPU
 * of the domain, and so with no spinlock held; _nosync does not wait.
 */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_systemcontroller(struct domain *d);
int domain_unpause_by_systemcontroller(struct domain *d);

/* The guest asked to end (SCHEDOP_shutdown) or was made to. */
void domain_shutdown(struct domain *d, uint8_t reason);
void domain_resume(struct domain *d);
/* Dom0 ended: power the machine off, restart it, or (noreboot) halt. */
void noreturn hwdom_shutdown(uint8_t reason);
/*
 * The guest did what cannot go on: log state, stop this domain alone with
 * SHUTDOWN_crash. Returns; the vCPU will not be entered again.
 */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);
/* Give a domain's resources back; -ERESTART while there is more to do. */
int domain_kill(struct domain *d);

/* Scheduler */
void sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v);
void vcpu_wake(struct vcpu *v);  /* re-evaluate: run it if nothing stops it */
void vcpu_sleep(struct vcpu *v); /* re-evaluate: stop it if something does */
/* Take it down; the last one switches its domain off, and that is true. */
bool vcpu_down(struct vcpu *v);
void vcpu_block(void); /* current waits for an event, unless pending */
void vcpu_unblock(struct vcpu *v);
void vcpu_kick(struct vcpu *v); /* make it look at its pending events soon */
void vcpu_yield(void);
bool vcpu_runnable(const struct vcpu *v);
/* Time v has run, ns. */
uint64_t vcpu_runtime(const struct vcpu *v);
/* Its states, the one it is in counted until now. */
void vcpu_runstate_get(const struct vcpu *v, vcpu_runstate_info_t *out);
/* The same as of the last change of its state. */
void vcpu_runstate_last(const struct vcpu *v, vcpu_runstate_info_t *out);
/* The area that current registered, as of the last change of its state. */
void vcpu_runstate_update_guest(struct vcpu *v);

/*
 * Has a long operation gone on for long enough? Interrupts are off, so a
 * pending one cannot say so: the time since the first check of this exit
 * counts too. True: save the progress and return -ERESTART.
 */
bool hypercall_preempt_check(void);
