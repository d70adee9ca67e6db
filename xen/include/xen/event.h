/* SPDX-License-Identifier: MIT */
/* Event channels: ports of a domain, and how they reach its vCPUs. */
#pragma once

#include <xen/domain.h>
#include <xen/event-fifo.h>
#include <public/event_channel.h>

enum evtchn_state
{
    ECS_FREE = 0,
    ECS_UNBOUND,     /* waits for remote_dom to bind */
    ECS_INTERDOMAIN, /* joined to a port of remote */
    ECS_VIRQ,
    ECS_IPI,
};

/* One port. The owning domain's evtchn lock protects it. */
struct evtchn
{
    uint8_t state; /* enum evtchn_state */
    uint8_t priority;
    /* The FIFO queue it was last put on: it may still be linked there. */
    uint8_t last_priority;
    bool pending; /* raised before its event word existed */
    uint16_t notify_vcpu_id;
    uint16_t last_vcpu_id;
    evtchn_port_t port;
    union
    {
        domid_t unbound_domid;
        uint32_t virq;
        struct
        {
            evtchn_port_t remote_port;
            struct domain *remote_dom;
        } interdomain;
    } u;
};

#define EVTCHNS_PER_BUCKET (PAGE_SIZE / sizeof(struct evtchn))
_Static_assert((EVTCHNS_PER_BUCKET & (EVTCHNS_PER_BUCKET - 1)) == 0,
               "ports are found by shift and mask");

/*
 * Per domain. Lock order: the two domains' locks by address, then
 * queue_lock. The link of an interdomain port is stable while the lock of
 * either end's domain is held, since joining and closing take both.
 */
struct evtchn_domain
{
    spinlock_t lock;       /* ports and their states */
    spinlock_t queue_lock; /* FIFO queues; a leaf */
    bool dying;
    uint32_t max_port;  /* highest port the domain may have */
    uint32_t nr_ports;  /* ports with a bucket below them */
    uint32_t nr_in_use; /* ports not free */
    uint32_t next_free; /* no free port below this one, but 0 */
    struct evtchn **bucket;
    struct evtchn_fifo_array *fifo; /* NULL: 2-level */
    bool fifo_leaving; /* the pages of the last one are not given back yet */
    uint64_t poll_mask[MAX_VIRT_CPUS / 64];
};

/* Per vCPU. */
struct evtchn_vcpu
{
    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    struct evtchn_fifo_vcpu fifo;
    mfn_t fifo_mfn; /* page of the control block, or INVALID_MFN */
};

int evtchn_domain_init(struct domain *d);
/* Close everything; -ERESTART while there is more. Idempotent. */
int evtchn_domain_destroy(struct domain *d);
/* Free the memory, once no reference to the domain is left. */
void evtchn_domain_free(struct domain *d);
int evtchn_vcpu_init(struct vcpu *v);
void evtchn_vcpu_destroy(struct vcpu *v);

/* Raise a virtual interrupt, from any context; unbound ones are dropped. */
void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq);
/* To whichever domain handles that VIRQ, Dom0 unless told otherwise. */
void send_global_virq(uint32_t virq);
int set_global_virq_handler(struct domain *d, uint32_t virq);
void clear_global_virq_handlers(const struct domain *d);
bool virq_is_global(uint32_t virq);

/* Set evtchn_upcall_pending of v and have its vector injected. */
void vcpu_mark_events_pending(struct vcpu *v);
/* The pages that raising events writes to count as dirty. */
void evtchn_mark_dirty(struct domain *d);
/* All events may be pending: after the shared words moved. */
void evtchn_mark_all_pending(struct vcpu *v);

/* For SCHEDOP_poll. */
bool evtchn_port_valid(struct domain *d, evtchn_port_t port);
bool evtchn_port_pending(struct domain *d, evtchn_port_t port);

static inline void evtchn_poll_mask_set(struct vcpu *v)
{
    __atomic_fetch_or(&v->domain->evtchn->poll_mask[v->vcpu_id / 64],
                      1ull << (v->vcpu_id % 64), __ATOMIC_SEQ_CST);
}

static inline void evtchn_poll_mask_clear(struct vcpu *v)
{
    v->poll_evtchn = 0;
    __atomic_fetch_and(&v->domain->evtchn->poll_mask[v->vcpu_id / 64],
                       ~(1ull << (v->vcpu_id % 64)), __ATOMIC_SEQ_CST);
}

/* --- Between the event channel files. --- */
static inline struct evtchn *evtchn_from_port(const struct evtchn_domain *ed,
                                              evtchn_port_t port)
{
    if ( port >= READ_ONCE(ed->nr_ports) )
        return NULL;
    return &ed->bucket[port / EVTCHNS_PER_BUCKET][port % EVTCHNS_PER_BUCKET];
}

/* The lock is held. A port in *out, of state ECS_FREE still; or -errno. */
int evtchn_get_free_port(struct domain *d, struct evtchn **out);
void evtchn_set_state(struct evtchn_domain *ed, struct evtchn *chn,
                      enum evtchn_state state);
int evtchn_port_close(struct domain *d, evtchn_port_t port);
/* Close all that are open now; -ERESTART while there are more. */
int evtchn_close_all(struct domain *d);
void evtchn_lock_two(struct evtchn_domain *a, struct evtchn_domain *b);
void evtchn_unlock_two(struct evtchn_domain *a, struct evtchn_domain *b);

/* The lock of d (or, for interdomain, of the other end) is held. */
void evtchn_port_set_pending(struct domain *d, struct evtchn *chn);
void evtchn_port_clear_pending(struct domain *d, struct evtchn *chn);
void evtchn_port_unmask(struct domain *d, struct evtchn *chn);

/* event-fifo.c; these take the lock themselves. */
int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *ic);
int evtchn_fifo_expand_array(struct domain *d, uint64_t gfn);
int evtchn_fifo_set_priority(struct domain *d, evtchn_port_t port,
                             uint32_t priority);
void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn);
void evtchn_fifo_destroy(struct domain *d); /* back to 2-level */
