/* SPDX-License-Identifier: MIT */
/* What the parts of the configuration library share with each other. */

#ifndef NIDUS_CFG_PRIVATE_H
#define NIDUS_CFG_PRIVATE_H

#include <stdarg.h>

#include "cfg.h"

#define CFG_MAX_SETTINGS 4096

/* One block of the arena; everything dies together in cfg_free(). */
struct cfg_block
{
    struct cfg_block *next;
    size_t used, size;
    max_align_t data[];
};

struct cfg_setting
{
    const char *name;
    struct cfg_value *value;
    bool used;
};

struct cfg
{
    cfg_report_fn *report;
    void *opaque;
    struct cfg_block *blocks;
    struct cfg_setting *settings;
    unsigned int nr_settings, max_settings;
};

/* Zeroed memory of the configuration's own life time, or NULL. */
void *cfg_alloc(struct cfg *cfg, size_t size);
char *cfg_strndup(struct cfg *cfg, const char *text, size_t len);

struct cfg_setting *cfg_find(const struct cfg *cfg, const char *name);
/* 0 or -ENOMEM, -E2BIG (too many settings). */
int cfg_set(struct cfg *cfg, const char *name, struct cfg_value *value);

void cfg_report_at(struct cfg *cfg, const char *source, unsigned int line,
                   unsigned int column, const char *fmt, va_list args);

enum cfg_token_type
{
    TOKEN_END,
    TOKEN_NEWLINE, /* a line's end or a semicolon */
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_ASSIGN,
    TOKEN_APPEND,
    TOKEN_BAD, /* reported already */
};

struct cfg_token
{
    enum cfg_token_type type;
    unsigned int line, column;
    /* As written in the source, quotes included. */
    const char *start;
    size_t len;
    /* TOKEN_STRING: what it means; TOKEN_NAME and TOKEN_NUMBER: a copy. */
    const char *text;
    long long number;
};

struct cfg_lexer
{
    struct cfg *cfg;
    const char *source;
    const char *pos, *end;
    unsigned int line, column;
    /* Set while skipping what follows an error: say nothing more. */
    bool quiet;
    bool nomem;
};

void cfg_lex(struct cfg_lexer *lexer, struct cfg_token *token);
void cfg_lex_error(struct cfg_lexer *lexer, unsigned int line,
                   unsigned int column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif /* NIDUS_CFG_PRIVATE_H */
