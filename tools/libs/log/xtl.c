/* SPDX-License-Identifier: MIT */
/* Log messages of the tools, and the logger that writes them to a stream. */

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xentoollog.h"

struct xentoollog_logger_stdiostream
{
    xentoollog_logger vtable;
    FILE *file;
    xentoollog_level min_level;
    unsigned int flags;
};

static const char *const level_names[XTL_NUM_LEVELS] = {
    [XTL_NONE] = "[BUG:XTL_NONE]", [XTL_DEBUG] = "debug",
    [XTL_VERBOSE] = "verbose",     [XTL_DETAIL] = "detail",
    [XTL_PROGRESS] = "progress",   [XTL_INFO] = "info",
    [XTL_NOTICE] = "notice",       [XTL_WARN] = "warning",
    [XTL_ERROR] = "error",         [XTL_CRITICAL] = "critical",
};

const char *xtl_level_to_string(xentoollog_level level)
{
    if ( level >= XTL_NUM_LEVELS )
        return "[BUG:level]";
    return level_names[level];
}

void xtl_logv(xentoollog_logger *logger, xentoollog_level level, int errnoval,
              const char *context, const char *format, va_list al)
{
    if ( logger )
        logger->vmessage(logger, level, errnoval, context, format, al);
}

void xtl_log(xentoollog_logger *logger, xentoollog_level level, int errnoval,
             const char *context, const char *format, ...)
{
    va_list al;

    va_start(al, format);
    xtl_logv(logger, level, errnoval, context, format, al);
    va_end(al);
}

void xtl_logger_destroy(xentoollog_logger *logger)
{
    if ( logger )
        logger->destroy(logger);
}

__attribute__((format(printf, 5, 0))) static void stdiostream_vmessage(
    xentoollog_logger *logger, xentoollog_level level, int errnoval,
    const char *context, const char *format, va_list al)
{
    xentoollog_logger_stdiostream *self = (void *)logger;
    time_t now;
    struct tm tm;
    char date[40];

    if ( level < self->min_level )
        return;

    if ( self->flags & XTL_STDIOSTREAM_SHOW_DATE )
    {
        now = time(NULL);
        if ( localtime_r(&now, &tm) &&
             strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %Z ", &tm) )
            fputs(date, self->file);
    }
    if ( self->flags & XTL_STDIOSTREAM_SHOW_PID )
        fprintf(self->file, "[%ld] ", (long)getpid());

    fprintf(self->file, "%s%s%s: ", context ? context : "", context ? ": " : "",
            xtl_level_to_string(level));
    vfprintf(self->file, format, al);
    if ( errnoval >= 0 )
        fprintf(self->file, ": %s", strerror(errnoval));
    putc('\n', self->file);
    fflush(self->file);
}

static void stdiostream_destroy(xentoollog_logger *logger)
{
    free(logger);
}

xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(
    FILE *f, xentoollog_level min_level, unsigned int flags)
{
    xentoollog_logger_stdiostream *self = calloc(1, sizeof(*self));

    if ( !self )
        return NULL;
    self->vtable.vmessage = stdiostream_vmessage;
    self->vtable.destroy = stdiostream_destroy;
    self->file = f;
    self->min_level = min_level;
    self->flags = flags;
    return self;
}

void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *logger,
                                  xentoollog_level min_level)
{
    logger->min_level = min_level;
}
