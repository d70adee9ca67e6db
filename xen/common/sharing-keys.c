/* SPDX-License-Identifier: MIT */
/* The debug keys that list event channels and grants. */
#include <xen/console.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/lib.h>

static const struct evtchn *port_of(const struct evtchn_domain *ed,
                                    uint32_t port)
{
    return &ed->bucket[port / EVTCHNS_PER_BUCKET][port % EVTCHNS_PER_BUCKET];
}

static void show_port(const struct evtchn *chn)
{
    switch ( (enum evtchn_state)chn->state )
    {
    case ECS_FREE:
        return;
    case ECS_UNBOUND:
        printk("  port %u: v%u, unbound, for d%u\n", chn->port,
               chn->notify_vcpu_id, chn->u.unbound_domid);
        return;
    case ECS_INTERDOMAIN:
        printk("  port %u: v%u, to port %u of d%u\n", chn->port,
               chn->notify_vcpu_id, chn->u.interdomain.remote_port,
               chn->u.interdomain.remote_dom->domain_id);
        return;
    case ECS_VIRQ:
        printk("  port %u: v%u, VIRQ %u\n", chn->port, chn->notify_vcpu_id,
               chn->u.virq);
        return;
    case ECS_IPI:
        printk("  port %u: v%u, IPI\n", chn->port, chn->notify_vcpu_id);
        return;
    }
}

static void show_events(unsigned char key)
{
    const struct domain *d;

    (void)key;
    for_each_domain (d)
    {
        struct evtchn_domain *ed = d->evtchn;

        if ( !ed )
            continue;
        printk("d%u: %u ports in use, %s\n", d->domain_id, ed->nr_in_use,
               ed->fifo ? "FIFO" : "2-level");
        /* The lock keeps ports, and the domains they lead to, in place. */
        spin_lock(&ed->lock);
        for ( uint32_t i = 0; i < ed->nr_ports; i++ )
            show_port(port_of(ed, i));
        spin_unlock(&ed->lock);
    }
}

static void show_grants(unsigned char key)
{
    const struct grant_active *act;
    const struct domain *d;

    (void)key;
    for_each_domain (d)
    {
        struct grant_table *gt = d->grant_table;

        if ( !gt )
            continue;
        spin_lock(&gt->lock);
        printk("d%u: version %u, %u of %u frames, %u of %u for handles\n",
               d->domain_id, gt->version, gt->nr_frames, gt->max_frames,
               gt->nr_map_frames, gt->max_map_frames);
        for ( uint32_t i = 0; i < grant_nr_refs(gt); i++ )
        {
            act = grant_active(gt, i);
            if ( grant_in_use(act) )
                printk("  ref %u: mfn %#x, d%u reads %u times, writes %u\n", i,
                       act->mfn, act->domid, act->readers, act->writers);
        }
        spin_unlock(&gt->lock);
    }
}

void sharing_keys_init(void)
{
    register_keyhandler('e', show_events, "list event channels");
    register_keyhandler('g', show_grants, "list grants in use");
}
