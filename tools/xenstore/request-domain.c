/* SPDX-License-Identifier: MIT */
/* Requests about domains. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain.h"
#include "wire.h"

#define DOMID_SELF 0x7ff0u

int request_introduce(struct request *req)
{
    const char *strings[3];
    unsigned int domid;
    uint64_t gfn, port;

    /* A fourth string is reserved. */
    if ( request_strings(req, strings, 3) < 3 ||
         !parse_domid(strings[0], &domid) || !parse_number(strings[1], &gfn) ||
         !parse_number(strings[2], &port) || !port || port > UINT32_MAX )
        return -EINVAL;

    return domain_introduce(req->store, domid, gfn, port);
}

/* The introduced domain, not Dom0, that the body's one string names. */
static int named_domain(struct request *req, struct domain **domain)
{
    const char *text = request_string(req);
    unsigned int domid;

    if ( !text || !parse_domid(text, &domid) || !domid )
        return -EINVAL;

    *domain = domain_find(req->store, domid);
    return *domain ? 0 : -ENOENT;
}

int request_release(struct request *req)
{
    struct domain *domain;
    int rc = named_domain(req, &domain);

    if ( rc )
        return rc;
    /* Nobody removes himself. */
    if ( domain->conn == req->conn )
        return -EINVAL;

    domain_release(req->store, domain);
    return 0;
}

int request_resume(struct request *req)
{
    struct domain *domain;
    int rc = named_domain(req, &domain);

    if ( !rc )
        domain->shutdown = false;

    return rc;
}

int request_set_target(struct request *req)
{
    const char *strings[2];
    unsigned int domid, target;
    struct domain *domain;

    if ( request_strings(req, strings, 2) < 2 ||
         !parse_domid(strings[0], &domid) || !parse_domid(strings[1], &target) )
        return -EINVAL;

    domain = domain_find(req->store, domid);
    if ( !domain || !domain_find(req->store, target) )
        return -ENOENT;

    domain->conn->actor.has_target = true;
    domain->conn->actor.target = target;

    return 0;
}

int request_get_domain_path(struct request *req)
{
    const char *text = request_string(req);
    char path[32];
    unsigned int domid;

    if ( !text || !parse_domid(text, &domid) )
        return -EINVAL;

    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    request_reply_string(req, path);

    return 0;
}

int request_is_introduced(struct request *req)
{
    const char *text = request_string(req);
    unsigned int domid;

    if ( !text || !parse_domid(text, &domid) )
        return -EINVAL;

    request_reply_string(
        req, domid == DOMID_SELF || domain_find(req->store, domid) ? "T" : "F");

    return 0;
}
