/* SPDX-License-Identifier: MIT */
/* The XenStore client library's requests. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define PART(data, len)                              \
    {                                                \
        .iov_base = (void *)(data), .iov_len = (len) \
    }
#define STRING(text)    PART(text, strlen(text) + 1)
#define NR_PARTS(parts) (sizeof(parts) / sizeof((parts)[0]))

/* For requests whose answer says no more than that they were done. */
static bool done(struct xs_message *msg)
{
    free(msg);
    return msg != NULL;
}

/* The answer's body as a string of its own. */
static char *body_string(struct xs_message *msg, unsigned int *len)
{
    char *text = NULL;

    if ( msg )
    {
        text = malloc(msg->hdr.len + 1);
        if ( text )
        {
            memcpy(text, msg->body, msg->hdr.len + 1);
            if ( len )
                *len = msg->hdr.len;
        }
        free(msg);
    }

    return text;
}

static struct xs_message *request_path(struct xs_handle *h, xs_transaction_t t,
                                       enum xsd_sockmsg_type type,
                                       const char *path)
{
    const struct iovec parts[] = { STRING(path) };

    return xs_request(h, t, type, parts, NR_PARTS(parts));
}

static struct xs_message *request_domid(struct xs_handle *h,
                                        enum xsd_sockmsg_type type,
                                        unsigned int domid)
{
    char text[MAX_STRLEN(domid)];

    snprintf(text, sizeof(text), "%u", domid);
    return request_path(h, XBT_NULL, type, text);
}

/* An array of the strings that follow each other in len bytes of text. */
static char **split_strings(const char *text, unsigned int len,
                            unsigned int *num)
{
    unsigned int nr = 0;
    char **strings, *copy;

    for ( unsigned int i = 0; i < len; i++ )
        nr += text[i] == '\0';

    strings = malloc(nr * sizeof(*strings) + len + 1);
    if ( !strings )
        return NULL;

    copy = memcpy(strings + nr, text, len);
    copy[len] = '\0';
    for ( unsigned int i = 0; i < nr; i++ )
    {
        strings[i] = copy;
        copy += strlen(copy) + 1;
    }
    *num = nr;

    return strings;
}

/*
 * A directory that does not fit in one message comes in parts, each with the
 * node's generation in front; a change in between means to start over.
 */
static char **directory_by_parts(struct xs_handle *h, xs_transaction_t t,
                                 const char *path, unsigned int *num)
{
    char generation[64] = "", offset_text[16];
    char *names = NULL, *grown, **result;
    size_t len = 0;

    for ( ;; )
    {
        struct iovec parts[] = { STRING(path), PART(offset_text, 0) };
        struct xs_message *msg;
        const char *rest;
        size_t rest_len;
        bool last;

        snprintf(offset_text, sizeof(offset_text), "%zu", len);
        parts[1].iov_len = strlen(offset_text) + 1;
        msg = xs_request(h, t, XS_DIRECTORY_PART, parts, NR_PARTS(parts));
        if ( !msg )
            break;

        rest = msg->body + strlen(msg->body) + 1;
        if ( rest > msg->body + msg->hdr.len ||
             strlen(msg->body) >= sizeof(generation) )
        {
            free(msg);
            errno = EIO;
            break;
        }
        rest_len = msg->body + msg->hdr.len - rest;

        if ( len && strcmp(generation, msg->body) )
        {
            len = 0;
            free(msg);
            continue;
        }
        strcpy(generation, msg->body);

        /* An empty name at the end says that this is the end. */
        last = !rest_len || rest[rest_len - 1] != '\0' || rest_len == 1 ||
               rest[rest_len - 2] == '\0';
        if ( last && rest_len )
            rest_len--;

        grown = realloc(names, len + rest_len + 1);
        if ( !grown )
        {
            free(msg);
            break;
        }
        names = grown;
        memcpy(names + len, rest, rest_len);
        len += rest_len;
        free(msg);

        if ( last )
        {
            result = split_strings(names, len, num);
            free(names);
            return result;
        }
    }

    free(names);
    return NULL;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *num)
{
    struct xs_message *msg = request_path(h, t, XS_DIRECTORY, path);
    char **names;

    if ( !msg )
        return errno == E2BIG ? directory_by_parts(h, t, path, num) : NULL;

    names = split_strings(msg->body, msg->hdr.len, num);
    free(msg);

    return names;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    return body_string(request_path(h, t, XS_READ, path), len);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    const struct iovec parts[] = { STRING(path), PART(data, len) };

    return done(xs_request(h, t, XS_WRITE, parts, NR_PARTS(parts)));
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return done(request_path(h, t, XS_MKDIR, path));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return done(request_path(h, t, XS_RM, path));
}

bool xs_restrict(struct xs_handle *h, unsigned int domid)
{
    (void)h;
    (void)domid;
    errno = EOPNOTSUPP;
    return false;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
                                          xs_transaction_t t, const char *path,
                                          unsigned int *num)
{
    struct xs_message *msg = request_path(h, t, XS_GET_PERMS, path);
    struct xs_permissions *perms = NULL;
    unsigned int nr = 0;

    if ( !msg )
        return NULL;

    for ( unsigned int i = 0; i < msg->hdr.len; i++ )
        nr += msg->body[i] == '\0';

    perms = malloc(nr ? nr * sizeof(*perms) : 1);
    if ( perms && !xs_strings_to_perms(perms, nr, msg->body) )
    {
        free(perms);
        perms = NULL;
        errno = EIO;
    }
    free(msg);
    *num = nr;

    return perms;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num_perms)
{
    static const char letters[] = "nrwb";
    char text[XENSTORE_PAYLOAD_MAX];
    struct iovec parts[] = { STRING(path), PART(text, 0) };
    size_t len = 0;

    for ( unsigned int i = 0; i < num_perms; i++ )
    {
        unsigned int bits = perms[i].perms & (XS_PERM_READ | XS_PERM_WRITE);

        len += snprintf(text + len, sizeof(text) - len, "%c%u", letters[bits],
                        perms[i].id) +
               1;
        if ( len > sizeof(text) )
        {
            errno = E2BIG;
            return false;
        }
    }
    parts[1].iov_len = len;

    return done(xs_request(h, t, XS_SET_PERMS, parts, NR_PARTS(parts)));
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    const struct iovec parts[] = { STRING(path), STRING(token) };

    if ( !xs_start_receiver(h) )
        return false;

    return done(xs_request(h, XBT_NULL, XS_WATCH, parts, NR_PARTS(parts)));
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    const struct iovec parts[] = { STRING(path), STRING(token) };
    bool ok = done(xs_request(h, XBT_NULL, XS_UNWATCH, parts, NR_PARTS(parts)));
    int saved = errno;

    xs_filter_events(h, path, token);
    errno = saved;

    return ok;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    struct xs_message *msg =
        request_path(h, XBT_NULL, XS_TRANSACTION_START, "");
    xs_transaction_t id = XBT_NULL;

    if ( msg )
        id = strtoul(msg->body, NULL, 0);
    free(msg);

    return id;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    return done(request_path(h, t, XS_TRANSACTION_END, abort ? "F" : "T"));
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn)
{
    char domid_text[MAX_STRLEN(domid)], mfn_text[MAX_STRLEN(mfn)];
    char port_text[MAX_STRLEN(eventchn)];

    snprintf(domid_text, sizeof(domid_text), "%u", domid);
    snprintf(mfn_text, sizeof(mfn_text), "%lu", mfn);
    snprintf(port_text, sizeof(port_text), "%u", eventchn);

    const struct iovec parts[] = { STRING(domid_text), STRING(mfn_text),
                                   STRING(port_text) };

    return done(xs_request(h, XBT_NULL, XS_INTRODUCE, parts, NR_PARTS(parts)));
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
    char domid_text[MAX_STRLEN(domid)], target_text[MAX_STRLEN(target)];

    snprintf(domid_text, sizeof(domid_text), "%u", domid);
    snprintf(target_text, sizeof(target_text), "%u", target);

    const struct iovec parts[] = { STRING(domid_text), STRING(target_text) };

    return done(xs_request(h, XBT_NULL, XS_SET_TARGET, parts, NR_PARTS(parts)));
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    return done(request_domid(h, XS_RESUME, domid));
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    return done(request_domid(h, XS_RELEASE, domid));
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    return body_string(request_domid(h, XS_GET_DOMAIN_PATH, domid), NULL);
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
    struct xs_message *msg = request_domid(h, XS_IS_DOMAIN_INTRODUCED, domid);
    bool introduced = msg && !strcmp(msg->body, "T");

    free(msg);
    return introduced;
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
                         unsigned int len)
{
    const struct iovec parts[] = { STRING(cmd), PART(data, len) };

    return body_string(
        xs_request(h, XBT_NULL, XS_CONTROL, parts, NR_PARTS(parts)), NULL);
}

char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
                       unsigned int len)
{
    return xs_control_command(h, cmd, data, len);
}

int xs_suspend_evtchn_port(int domid)
{
    struct xs_handle *h = xs_open(0);
    char path[80], *text = NULL, *end;
    long port = -1;

    if ( !h )
        return -1;

    snprintf(path, sizeof(path),
             "/local/domain/%d/device/suspend/event-channel", domid);
    text = xs_read(h, XBT_NULL, path, NULL);
    if ( text )
    {
        port = strtol(text, &end, 10);
        if ( *end || end == text || port < 0 || port > INT_MAX )
            port = -1;
    }
    free(text);
    xs_close(h);

    return port;
}
