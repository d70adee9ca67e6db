/* SPDX-License-Identifier: MIT */
/* A client's connection: requests, replies and the thread that sorts them. */

/*
 * The protocol answers requests in order, and mixes watch events in between.
 * One request is under way at a time (request_lock).  Who reads the transport:
 *
 *  - before the first watch: the thread that waits for the answer,
 *  - after it: the receiver thread, for ever.
 *
 * Answers and events go through two queues under the one lock `lock'.  A byte
 * stands in the event pipe exactly while the event queue is not empty, so its
 * reading end tells pollers the truth.
 */

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "private.h"

/* The receiver calls nothing that needs depth. */
#define RECEIVER_STACK (64u << 10)

struct message_queue
{
    struct xs_message *first, **last;
};

struct xs_handle
{
    int fd;
    bool filter;

    /* Held from a request's first byte to its answer. */
    pthread_mutex_t request_lock;

    /* Protects everything below; level: inside request_lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct message_queue replies, events;
    int broken; /* errno of the transport's end, 0 while it works */
    int event_pipe[2];

    bool receiving;
    pthread_t receiver;
    int stop_fd;
};

static void queue_init(struct message_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_add(struct message_queue *queue, struct xs_message *msg)
{
    msg->next = NULL;
    *queue->last = msg;
    queue->last = &msg->next;
}

static struct xs_message *queue_take(struct message_queue *queue)
{
    struct xs_message *msg = queue->first;

    if ( msg )
    {
        queue->first = msg->next;
        if ( !queue->first )
            queue->last = &queue->first;
    }

    return msg;
}

static void queue_drop(struct message_queue *queue)
{
    struct xs_message *msg;

    while ( (msg = queue_take(queue)) )
        free(msg);
}

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *h;
    int fd = xs_connect();

    if ( fd < 0 )
        return NULL;

    h = calloc(1, sizeof(*h));
    if ( !h )
    {
        close(fd);
        return NULL;
    }

    h->fd = fd;
    h->filter = flags & XS_UNWATCH_FILTER;
    h->event_pipe[0] = h->event_pipe[1] = -1;
    h->stop_fd = -1;
    queue_init(&h->replies);
    queue_init(&h->events);
    pthread_mutex_init(&h->request_lock, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);

    return h;
}

static void release(struct xs_handle *h)
{
    queue_drop(&h->replies);
    queue_drop(&h->events);
    for ( unsigned int i = 0; i < 2; i++ )
        if ( h->event_pipe[i] >= 0 )
            close(h->event_pipe[i]);
    if ( h->stop_fd >= 0 )
        close(h->stop_fd);
    close(h->fd);
    free(h);
}

void xs_close(struct xs_handle *h)
{
    if ( !h )
        return;

    if ( h->receiving )
    {
        eventfd_write(h->stop_fd, 1);
        pthread_join(h->receiver, NULL);
    }

    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->request_lock);
    release(h);
}

/* The locks may be held by threads that this process does not have. */
void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    release(h);
}

struct xs_handle *xs_daemon_open(void)
{
    return xs_open(0);
}

struct xs_handle *xs_daemon_open_readonly(void)
{
    return xs_open(XS_OPEN_READONLY);
}

struct xs_handle *xs_domain_open(void)
{
    return xs_open(0);
}

void xs_daemon_close(struct xs_handle *h)
{
    xs_close(h);
}

static bool read_all(int fd, void *data, size_t len)
{
    char *pos = data;

    while ( len )
    {
        ssize_t done = read(fd, pos, len);

        if ( done < 0 && errno == EINTR )
            continue;
        if ( done <= 0 )
        {
            if ( !done )
                errno = EBADF;
            return false;
        }
        pos += done;
        len -= done;
    }

    return true;
}

/* Wait for one message and put it into the queue it belongs to. */
static bool receive_message(struct xs_handle *h)
{
    struct xs_message *msg;
    struct xsd_sockmsg hdr;

    if ( !read_all(h->fd, &hdr, sizeof(hdr)) )
        return false;

    if ( hdr.len > XENSTORE_PAYLOAD_MAX )
    {
        errno = EIO;
        return false;
    }

    msg = malloc(sizeof(*msg) + hdr.len + 1);
    if ( !msg )
        return false;

    msg->hdr = hdr;
    msg->body[hdr.len] = '\0';
    if ( !read_all(h->fd, msg->body, hdr.len) )
    {
        free(msg);
        return false;
    }

    pthread_mutex_lock(&h->lock);
    if ( hdr.type == XS_WATCH_EVENT )
    {
        if ( !h->events.first && h->event_pipe[1] >= 0 &&
             write(h->event_pipe[1], "", 1) != 1 )
            h->broken = errno;
        queue_add(&h->events, msg);
    }
    else
        queue_add(&h->replies, msg);
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);

    return true;
}

static void set_broken(struct xs_handle *h, int error)
{
    pthread_mutex_lock(&h->lock);
    h->broken = error;
    /* Pollers learn about the end as they learn about events. */
    if ( h->event_pipe[1] >= 0 && !h->events.first )
        (void)!write(h->event_pipe[1], "", 1);
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

static void *receiver_main(void *opaque)
{
    struct xs_handle *h = opaque;
    struct pollfd fds[2] = {
        { .fd = h->stop_fd, .events = POLLIN },
        { .fd = h->fd, .events = POLLIN },
    };

    for ( ;; )
    {
        if ( poll(fds, 2, -1) < 0 )
        {
            if ( errno == EINTR )
                continue;
            break;
        }
        if ( fds[0].revents )
            return NULL;
        if ( !receive_message(h) )
            break;
    }

    set_broken(h, errno ? errno : EIO);
    return NULL;
}

/* Called with request_lock held: nobody else reads the transport. */
static bool start_receiver_locked(struct xs_handle *h)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int rc;

    if ( h->receiving )
        return true;

    if ( h->stop_fd < 0 )
        h->stop_fd = eventfd(0, EFD_CLOEXEC);
    if ( h->stop_fd < 0 )
        return false;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, RECEIVER_STACK < PTHREAD_STACK_MIN
                                         ? PTHREAD_STACK_MIN
                                         : RECEIVER_STACK);

    /* The program's signals are not for this thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&h->receiver, &attr, receiver_main, h);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);

    if ( rc )
    {
        errno = rc;
        return false;
    }

    h->receiving = true;
    return true;
}

bool xs_start_receiver(struct xs_handle *h)
{
    bool ok;

    pthread_mutex_lock(&h->request_lock);
    ok = start_receiver_locked(h);
    pthread_mutex_unlock(&h->request_lock);

    return ok;
}

/* The first message of a queue; waits, or receives, until there is one. */
static struct xs_message *wait_for(struct xs_handle *h,
                                   struct message_queue *queue)
{
    struct xs_message *msg;
    int error = 0;

    pthread_mutex_lock(&h->lock);
    while ( !(msg = queue_take(queue)) && !(error = h->broken) )
    {
        if ( h->receiving )
            pthread_cond_wait(&h->changed, &h->lock);
        else
        {
            pthread_mutex_unlock(&h->lock);
            if ( !receive_message(h) )
                set_broken(h, errno);
            pthread_mutex_lock(&h->lock);
        }
    }
    pthread_mutex_unlock(&h->lock);

    if ( !msg )
        errno = error;
    return msg;
}

static int error_from_string(const char *name)
{
    for ( unsigned int i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
          i++ )
        if ( !strcmp(name, xsd_errors[i].errstring) )
            return xsd_errors[i].errnum;

    return EINVAL;
}

/* A message goes out in one write where it can: xenbus is a busy place. */
static bool send_message(struct xs_handle *h, const struct xsd_sockmsg *hdr,
                         const struct iovec *parts, unsigned int nr)
{
    char buf[sizeof(*hdr) + XENSTORE_PAYLOAD_MAX];
    size_t len = sizeof(*hdr);
    char *pos = buf;

    memcpy(buf, hdr, sizeof(*hdr));
    for ( unsigned int i = 0; i < nr; i++ )
    {
        if ( parts[i].iov_len )
            memcpy(buf + len, parts[i].iov_base, parts[i].iov_len);
        len += parts[i].iov_len;
    }

    while ( len )
    {
        /* A daemon that is gone is an error here, not the end of us. */
        ssize_t done = send(h->fd, pos, len, MSG_NOSIGNAL);

        if ( done < 0 && errno == ENOTSOCK )
            done = write(h->fd, pos, len);
        if ( done < 0 && errno == EINTR )
            continue;
        if ( done < 0 )
            return false;
        pos += done;
        len -= done;
    }

    return true;
}

struct xs_message *xs_request(struct xs_handle *h, xs_transaction_t t,
                              enum xsd_sockmsg_type type,
                              const struct iovec *parts, unsigned int nr)
{
    struct xsd_sockmsg hdr = { .type = type, .tx_id = t };
    struct xs_message *msg = NULL;
    size_t len = 0;
    int error = 0;

    for ( unsigned int i = 0; i < nr; i++ )
        len += parts[i].iov_len;
    if ( len > XENSTORE_PAYLOAD_MAX )
    {
        errno = E2BIG;
        return NULL;
    }
    hdr.len = len;

    pthread_mutex_lock(&h->request_lock);
    if ( !send_message(h, &hdr, parts, nr) ||
         !(msg = wait_for(h, &h->replies)) )
        error = errno;
    pthread_mutex_unlock(&h->request_lock);

    if ( msg && msg->hdr.type == XS_ERROR )
        error = error_from_string(msg->body);
    else if ( msg && msg->hdr.type != type )
    {
        error = EBADF;
        set_broken(h, error);
    }

    if ( error )
    {
        free(msg);
        errno = error;
        return NULL;
    }

    /* As with Xen's library: some programs look at nothing else. */
    errno = 0;
    return msg;
}

int xs_fileno(struct xs_handle *h)
{
    int fd;

    pthread_mutex_lock(&h->lock);
    if ( h->event_pipe[0] < 0 && !pipe2(h->event_pipe, O_CLOEXEC | O_NONBLOCK) )
    {
        if ( (h->events.first || h->broken) &&
             write(h->event_pipe[1], "", 1) != 1 )
            h->broken = errno;
    }
    fd = h->event_pipe[0];
    pthread_mutex_unlock(&h->lock);

    return fd;
}

/* Called with the lock held and after taking events. */
static void settle_pipe(struct xs_handle *h)
{
    char byte;

    if ( !h->events.first && !h->broken && h->event_pipe[0] >= 0 )
        while ( read(h->event_pipe[0], &byte, 1) == 1 )
            ;
}

/* The event as the two pointers of the interface, in one piece of memory. */
static char **event_strings(struct xs_message *msg, unsigned int *num)
{
    unsigned int nr = 0;
    size_t len = msg->hdr.len;
    char **strings, *text;

    for ( size_t i = 0; i < len; i++ )
        nr += msg->body[i] == '\0';

    if ( nr < 2 )
    {
        free(msg);
        errno = EIO;
        return NULL;
    }

    strings = malloc(nr * sizeof(*strings) + len);
    if ( strings )
    {
        text = memcpy(strings + nr, msg->body, len);
        for ( unsigned int i = 0; i < nr; i++ )
        {
            strings[i] = text;
            text += strlen(text) + 1;
        }
        if ( num )
            *num = nr;
    }
    free(msg);

    return strings;
}

char **xs_check_watch(struct xs_handle *h)
{
    struct xs_message *msg;
    int error;

    pthread_mutex_lock(&h->lock);
    msg = queue_take(&h->events);
    error = h->broken ? h->broken : EAGAIN;
    settle_pipe(h);
    pthread_mutex_unlock(&h->lock);

    if ( !msg )
    {
        errno = error;
        return NULL;
    }

    return event_strings(msg, NULL);
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
    struct xs_message *msg;

    if ( !xs_start_receiver(h) || !(msg = wait_for(h, &h->events)) )
        return NULL;

    pthread_mutex_lock(&h->lock);
    settle_pipe(h);
    pthread_mutex_unlock(&h->lock);

    return event_strings(msg, num);
}

void xs_filter_events(struct xs_handle *h, const char *path, const char *token)
{
    struct message_queue kept;
    struct xs_message *msg;

    if ( !h->filter )
        return;

    queue_init(&kept);
    pthread_mutex_lock(&h->lock);
    while ( (msg = queue_take(&h->events)) )
    {
        const char *event_token = msg->body + strlen(msg->body) + 1;

        if ( event_token < msg->body + msg->hdr.len &&
             !strcmp(event_token, token) &&
             xs_path_is_subpath(path, msg->body) )
            free(msg);
        else
            queue_add(&kept, msg);
    }
    while ( (msg = queue_take(&kept)) )
        queue_add(&h->events, msg);
    settle_pipe(h);
    pthread_mutex_unlock(&h->lock);
}
