/* SPDX-License-Identifier: MIT */
/* A log of what went to a console, with times at the lines' starts if asked. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <xenstore_lib.h>

#include "logfile.h"

#define ESCAPE '\033'

void logfile_init(struct logfile *log)
{
    memset(log, 0, sizeof(*log));
    log->fd = -1;
}

static bool open_path(struct logfile *log)
{
    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if ( log->fd < 0 )
        syslog(LOG_ERR, "cannot open %s: %m", log->path);

    return log->fd >= 0;
}

bool logfile_open(struct logfile *log, char *path, bool timestamps)
{
    log->path = path;
    log->timestamps = timestamps;

    if ( !path || !open_path(log) )
    {
        logfile_close(log);
        return false;
    }

    return true;
}

void logfile_reopen(struct logfile *log)
{
    if ( !log->path )
        return;

    if ( log->fd >= 0 )
        close(log->fd);
    open_path(log);
}

static void put(struct logfile *log, const char *data, size_t len)
{
    bool ok = xs_write_all(log->fd, data, len);

    /* A guest that talks on must not fill another log with this. */
    if ( !ok && !log->failing )
        syslog(LOG_WARNING, "cannot write %s: %m", log->path);
    log->failing = !ok;
}

static void put_time(struct logfile *log)
{
    char text[40];
    time_t now = time(NULL);
    struct tm tm;
    size_t len;

    len = strftime(text, sizeof(text), "[%Y-%m-%d %H:%M:%S] ",
                   localtime_r(&now, &tm));
    put(log, text, len);
}

/* Escape sequences in a log would act on the terminal of who reads it. */
static void put_without_escapes(struct logfile *log, const char *data,
                                size_t len)
{
    char *copy = malloc(len);

    if ( !copy )
        return;

    for ( size_t i = 0; i < len; i++ )
        copy[i] = data[i] == ESCAPE ? '.' : data[i];
    put(log, copy, len);
    free(copy);
}

void logfile_write(struct logfile *log, const char *data, size_t len)
{
    if ( log->fd < 0 )
        return;

    while ( len )
    {
        const char *newline = log->timestamps ? memchr(data, '\n', len) : NULL;
        size_t part = newline ? (size_t)(newline + 1 - data) : len;

        if ( log->timestamps && !log->in_line )
            put_time(log);
        if ( log->replace_escape )
            put_without_escapes(log, data, part);
        else
            put(log, data, part);

        log->in_line = !newline;
        data += part;
        len -= part;
    }
}

void logfile_close(struct logfile *log)
{
    if ( log->fd >= 0 )
        close(log->fd);
    free(log->path);
    log->path = NULL;
    log->fd = -1;
}
