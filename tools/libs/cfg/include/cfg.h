/* SPDX-License-Identifier: MIT */
/* The xl configuration syntax: parse a text, then look up typed settings. */

/*
 * A configuration is a sequence of statements, one per line or separated by
 * semicolons, with comments from '#' to the end of the line:
 *
 *     name = value          value: "string", 'string', number or list
 *     name += value         appends to a string or to a list
 *
 * A list is "[ value, value, ... ]", may span lines, may end in a comma and
 * may hold lists.  Of several assignments to one name the last one counts.
 *
 * Every value remembers where it was written.  Everything that is wrong, in
 * the syntax or in a value's type, is reported as one line
 * "source:line:column: message" to the callback given to cfg_new().
 *
 * Each lookup marks the setting as used.  What nobody looked up is then
 * unknown to the caller and can be listed with cfg_next_unused().
 *
 * The code is pure: text in, structures out, no files (cfg-file.c apart).
 */

#ifndef NIDUS_CFG_H
#define NIDUS_CFG_H

#include <stdbool.h>
#include <stddef.h>

struct cfg;

/* Nesting and size limits, against texts written to exhaust the parser. */
#define CFG_MAX_DEPTH 16
#define CFG_MAX_TEXT  (4u << 20)

enum cfg_type
{
    CFG_STRING,
    CFG_NUMBER,
    CFG_LIST,
};

struct cfg_value
{
    enum cfg_type type;
    unsigned int line, column;
    /* CFG_STRING: the text, unquoted.  CFG_NUMBER: the digits as written. */
    const char *text;
    /* CFG_NUMBER only. */
    long long number;
    /* CFG_LIST only. */
    unsigned int nr_items;
    struct cfg_value *const *items;
    /* Which of the parsed texts the value stands in. */
    const char *source;
};

/* Takes one line, without a newline at its end. */
typedef void cfg_report_fn(void *opaque, const char *line);

/* With report NULL the messages go to stderr.  NULL: out of memory. */
struct cfg *cfg_new(cfg_report_fn *report, void *opaque);
void cfg_free(struct cfg *cfg);

/*
 * Add the settings in a text to a configuration.  The source name is used in
 * messages only.  0, or a negative errno after having reported each error
 * found; settings that came before it are kept.
 */
int cfg_parse(struct cfg *cfg, const char *source, const char *text,
              size_t len);

/* The same with the contents of a file ("-": standard input). */
int cfg_parse_file(struct cfg *cfg, const char *path);

/*
 * Typed lookups.  Each returns
 *    1        the setting is there and *out is set,
 *    0        the setting is not there, *out is untouched,
 *   -EINVAL   it is there with a wrong type or out of range: reported, *out
 *             is untouched.
 * Strings stay valid until cfg_free().  A number may be asked for as a
 * string, and a string that spells a number as a number, as xl allows.
 */
int cfg_get_string(struct cfg *cfg, const char *name, const char **out);
int cfg_get_number(struct cfg *cfg, const char *name, long long *out);
int cfg_get_range(struct cfg *cfg, const char *name, long long min,
                  long long max, long long *out);
int cfg_get_bool(struct cfg *cfg, const char *name, bool *out);
int cfg_get_list(struct cfg *cfg, const char *name,
                 const struct cfg_value **out);
/* A list of strings, or a single string standing for a list of one. */
int cfg_get_strings(struct cfg *cfg, const char *name,
                    const struct cfg_value **out);
/* Any type; NULL when the setting is not there. */
const struct cfg_value *cfg_get(struct cfg *cfg, const char *name);

/*
 * The text of a string or number, NULL for a list.  For lists of strings:
 * for ( i = 0; i < l->nr_items; i++ ) use(cfg_value_text(l->items[i])).
 */
const char *cfg_value_text(const struct cfg_value *value);

/*
 * Report something about a value with its position, for checks that only the
 * caller can make ("disk: unknown format 'x'").
 */
void cfg_error_at(struct cfg *cfg, const struct cfg_value *value,
                  const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The settings that no lookup asked for, in the order written.  Start with
 * *cursor 0; NULL ends the list.
 */
const char *cfg_next_unused(struct cfg *cfg, unsigned int *cursor,
                            const struct cfg_value **value);

/* Report "unknown setting" for each of them; how many there were. */
unsigned int cfg_warn_unused(struct cfg *cfg);

#endif /* NIDUS_CFG_H */
