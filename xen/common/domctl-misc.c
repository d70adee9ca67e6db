/* SPDX-License-Identifier: MIT */
/* domctl: debuggers and monitors of domains, and what there is none of. */
#include <xen/domctl.h>
#include <xen/lib.h>

/* Shown in lists of domains; LIMIT: traps of the domain are not caught. */
int domctl_setdebugging(struct domain *d, struct xen_domctl *op)
{
    if ( d == current->domain || d->is_dying )
        return -EINVAL;
    d->debugger_attached = op->u.setdebugging.enable;
    return 0;
}

/* Whether accesses need a listener: there are none, so they cannot. */
int domctl_set_access_required(struct domain *d, struct xen_domctl *op)
{
    if ( d == current->domain )
        return -EPERM;
    return op->u.access_required.access_required ? -EOPNOTSUPP : 0;
}

/* Devices cannot be assigned without an IOMMU. */
int domctl_assign(struct domain *d, struct xen_domctl *op)
{
    (void)d, (void)op;
    return -EOPNOTSUPP;
}

/* Cache monitoring and allocation are not managed. */
int domctl_psr(struct domain *d, struct xen_domctl *op)
{
    (void)d, (void)op;
    return -ENODEV;
}
