/* SPDX-License-Identifier: MIT */
/* Logging, assertions, strings: what every file may use. */
#pragma once

#include <stdarg.h>
#include <xen/compiler.h>
#include <xen/errno.h>
#include <xen/types.h>

struct domain;

/* Log levels, spelled as Xen does: a digit in angle brackets leads the text. */
#define XENLOG_ERR     "<0>"
#define XENLOG_WARNING "<1>"
#define XENLOG_INFO    "<2>"
#define XENLOG_DEBUG   "<3>"
#define XENLOG_GUEST   "<G>" /* caused by a guest: guest_loglvl applies */

void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list ap) __printf(1, 0);
/* A message about guest d, subject to guest_loglvl and rate limits. */
void guest_printk(const struct domain *d, const char *fmt, ...) __printf(2, 3);

void noreturn panic(const char *fmt, ...) __printf(1, 2);
void noreturn assert_failed(const char *expr, const char *file, int line);

/*
 * Three severities: ASSERT states what only a bug of ours can break, BUG_ON
 * guards what must not be continued, domain_crash() is for guests' faults.
 */
#define BUG() assert_failed("BUG", __FILE__, __LINE__)
#define BUG_ON(c)                                  \
    do                                             \
    {                                              \
        if ( unlikely(c) )                         \
            assert_failed(#c, __FILE__, __LINE__); \
    } while ( 0 )
#ifndef NDEBUG
#define ASSERT(c) BUG_ON(!(c))
#else
#define ASSERT(c)       \
    do                  \
    {                   \
        if ( 0 && (c) ) \
        {               \
        }               \
    } while ( 0 )
#endif

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *needle);
size_t strlcpy(char *dst, const char *src, size_t size);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
    __printf(3, 0);
/* Parse a number as strtoul does (base 0: 0x prefix, leading 0 octal). */
unsigned long simple_strtoul(const char *s, const char **end, unsigned base);
/* A size with an optional suffix b, k, m, g, t; plain numbers are KiB. */
uint64_t parse_size_and_unit(const char *s, const char **end);
