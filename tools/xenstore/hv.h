/* SPDX-License-Identifier: MIT */
/* What the daemon needs of the hypervisor; hv-xen.c, or a test, provides it. */

#ifndef NIDUS_XENSTORE_HV_H
#define NIDUS_XENSTORE_HV_H

#include <stdbool.h>
#include <stdint.h>

struct xenstore_domain_interface;

struct hv_domain_state
{
    bool exists;
    bool dying;
    bool shutdown; /* crashes included */
};

/* 0, or a negative errno after having said what failed. */
int hv_open(void);
/* Readable when an event channel has fired; -1 when not open. */
int hv_fd(void);
/* The port that has fired, now masked, or negative. */
int hv_pending(void);
void hv_unmask(int port);
/* The port of domain deaths. */
int hv_death_port(void);

/* Dom0's own ring and the far end of its event channel. */
struct xenstore_domain_interface *hv_map_own_ring(void);
int hv_own_port(void);

struct xenstore_domain_interface *hv_map_ring(unsigned int domid, uint64_t gfn);
void hv_unmap_ring(unsigned int domid, struct xenstore_domain_interface *ring);
/* Our port, or a negative errno. */
int hv_bind(unsigned int domid, unsigned int remote_port);
void hv_unbind(int port);
void hv_notify(int port);
struct hv_domain_state hv_domain_state(unsigned int domid);
/* Those of all domids at once, to be freed; NULL on failure. */
struct hv_domain_state *hv_domain_states(void);

#endif /* NIDUS_XENSTORE_HV_H */
