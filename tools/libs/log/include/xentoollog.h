/* SPDX-License-Identifier: MIT */
/* Log messages of the tools: levels, a logger object, a logger to a stream. */
#ifndef XENTOOLLOG_H
#define XENTOOLLOG_H

#include <stdarg.h>
#include <stdio.h>

typedef enum xentoollog_level
{
    XTL_NONE,
    XTL_DEBUG,
    XTL_VERBOSE,
    XTL_DETAIL,
    XTL_PROGRESS,
    XTL_INFO,
    XTL_NOTICE,
    XTL_WARN,
    XTL_ERROR,
    XTL_CRITICAL,
    XTL_NUM_LEVELS
} xentoollog_level;

typedef struct xentoollog_logger xentoollog_logger;
struct xentoollog_logger
{
    /* errnoval is -1 when no errno belongs to the message. */
    void (*vmessage)(xentoollog_logger *logger, xentoollog_level level,
                     int errnoval, const char *context, const char *format,
                     va_list al) __attribute__((format(printf, 5, 0)));
    void (*destroy)(xentoollog_logger *logger);
};

typedef struct xentoollog_logger_stdiostream xentoollog_logger_stdiostream;

#define XTL_STDIOSTREAM_SHOW_PID  001u
#define XTL_STDIOSTREAM_SHOW_DATE 002u

xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(
    FILE *f, xentoollog_level min_level, unsigned int flags);
void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *logger,
                                  xentoollog_level min_level);
void xtl_logger_destroy(xentoollog_logger *logger);

/* Every function takes a null logger and then says nothing. */
void xtl_logv(xentoollog_logger *logger, xentoollog_level level, int errnoval,
              const char *context, const char *format, va_list al)
    __attribute__((format(printf, 5, 0)));
void xtl_log(xentoollog_logger *logger, xentoollog_level level, int errnoval,
             const char *context, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
const char *xtl_level_to_string(xentoollog_level level);

#endif
