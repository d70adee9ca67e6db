/* SPDX-License-Identifier: MIT */
/* The hypervisor, for the daemon: rings, event channels, domain states. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xen/xen.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "hv.h"

#define XSD_KVA    "/proc/xen/xsd_kva"
#define XSD_PORT   "/proc/xen/xsd_port"

#define RING_BYTES 4096u
#define BATCH      256 /* domains asked for at a time */

static xc_interface *xch;
static xenevtchn_handle *evtchn;
static xengnttab_handle *gnttab;
static int death_port = -1;

static int failed(const char *what)
{
    int error = errno ? errno : EIO;

    errno = error;
    syslog(LOG_ERR, "cannot open %s: %m", what);
    fprintf(stderr, "xenstored: cannot open %s: %m\n", what);

    return -error;
}

int hv_open(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    if ( !xch )
        return failed("the hypervisor control interface");

    evtchn = xenevtchn_open(NULL, 0);
    if ( !evtchn )
        return failed("the event channel device");

    gnttab = xengnttab_open(NULL, 0);
    if ( !gnttab )
        return failed("the grant table device");

    death_port = xenevtchn_bind_virq(evtchn, VIRQ_DOM_EXC);
    if ( death_port < 0 )
        return failed("the domain exception interrupt");

    return 0;
}

int hv_fd(void)
{
    return evtchn ? xenevtchn_fd(evtchn) : -1;
}

int hv_pending(void)
{
    return evtchn ? xenevtchn_pending(evtchn) : -1;
}

void hv_unmask(int port)
{
    xenevtchn_unmask(evtchn, port);
}

int hv_death_port(void)
{
    return death_port;
}

struct xenstore_domain_interface *hv_map_own_ring(void)
{
    int fd = open(XSD_KVA, O_RDWR | O_CLOEXEC);
    void *ring;

    if ( fd < 0 )
    {
        failed(XSD_KVA);
        return NULL;
    }

    ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if ( ring == MAP_FAILED )
    {
        failed(XSD_KVA);
        return NULL;
    }

    return ring;
}

int hv_own_port(void)
{
    int fd = open(XSD_PORT, O_RDONLY | O_CLOEXEC);
    char text[20] = "";
    int error;

    if ( fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 )
    {
        error = failed(XSD_PORT);
        if ( fd >= 0 )
            close(fd);
        return error;
    }
    close(fd);

    return atoi(text);
}

/* The toolstack has put the ring's page behind a reserved grant. */
struct xenstore_domain_interface *hv_map_ring(unsigned int domid, uint64_t gfn)
{
    void *ring;

    (void)gfn;
    if ( !gnttab )
        return NULL;

    ring = xengnttab_map_grant_ref(gnttab, domid, GNTTAB_RESERVED_XENSTORE,
                                   PROT_READ | PROT_WRITE);
    if ( !ring )
        syslog(LOG_ERR, "cannot map the ring of domain %u: %m", domid);

    return ring;
}

void hv_unmap_ring(unsigned int domid, struct xenstore_domain_interface *ring)
{
    if ( !domid )
        munmap(ring, RING_BYTES);
    else
        xengnttab_unmap(gnttab, ring, 1);
}

int hv_bind(unsigned int domid, unsigned int remote_port)
{
    int port = xenevtchn_bind_interdomain(evtchn, domid, remote_port);

    return port < 0 ? -errno : port;
}

void hv_unbind(int port)
{
    if ( port >= 0 )
        xenevtchn_unbind(evtchn, port);
}

void hv_notify(int port)
{
    xenevtchn_notify(evtchn, port);
}

static struct hv_domain_state state_of(const xc_domaininfo_t *info)
{
    return (struct hv_domain_state){
        .exists = true,
        .dying = info->flags & XEN_DOMINF_dying,
        .shutdown = info->flags & XEN_DOMINF_shutdown,
    };
}

struct hv_domain_state hv_domain_state(unsigned int domid)
{
    xc_domaininfo_t info;

    if ( !xch || xc_domain_getinfolist(xch, domid, 1, &info) != 1 ||
         info.domain != domid )
        return (struct hv_domain_state){ 0 };

    return state_of(&info);
}

struct hv_domain_state *hv_domain_states(void)
{
    struct hv_domain_state *states =
        calloc(DOMID_FIRST_RESERVED, sizeof(*states));
    xc_domaininfo_t info[BATCH];
    uint32_t next = 0;
    int nr;

    if ( !states )
        return NULL;

    do
    {
        nr = xc_domain_getinfolist(xch, next, BATCH, info);
        for ( int i = 0; i < nr; i++ )
            states[info[i].domain] = state_of(&info[i]);
        if ( nr > 0 )
            next = info[nr - 1].domain + 1u;
    } while ( nr == BATCH );

    if ( nr >= 0 )
        return states;

    syslog(LOG_ERR, "cannot list the domains: %m");
    free(states);
    return NULL;
}
