/* SPDX-License-Identifier: MIT */
/* Turn the tokens of a configuration text into settings. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define MAX_ERRORS 20
/* How much of an offending token a message quotes. */
#define MAX_QUOTE 40

struct parser
{
    struct cfg_lexer lexer;
    struct cfg_token token;
    unsigned int depth;
    unsigned int errors;
};

static void next(struct parser *p)
{
    cfg_lex(&p->lexer, &p->token);
}

static void expected(struct parser *p, const char *what)
{
    const struct cfg_token *t = &p->token;

    switch ( t->type )
    {
    case TOKEN_BAD:
        break;

    case TOKEN_END:
        cfg_lex_error(&p->lexer, t->line, t->column,
                      "expected %s, found the end of the file", what);
        break;

    case TOKEN_NEWLINE:
        cfg_lex_error(&p->lexer, t->line, t->column,
                      "expected %s, found the end of the line", what);
        break;

    default:
        cfg_lex_error(&p->lexer, t->line, t->column, "expected %s, found %.*s",
                      what, (int)(t->len > MAX_QUOTE ? MAX_QUOTE : t->len),
                      t->start);
        break;
    }
}

static struct cfg_value *new_value(struct parser *p, enum cfg_type type)
{
    struct cfg_value *value = cfg_alloc(p->lexer.cfg, sizeof(*value));

    if ( !value )
    {
        p->lexer.nomem = true;
        return NULL;
    }

    value->type = type;
    value->line = p->token.line;
    value->column = p->token.column;
    value->source = p->lexer.source;

    return value;
}

static void skip_newlines(struct parser *p)
{
    /* A semicolon ends a statement, also in the middle of a list. */
    while ( p->token.type == TOKEN_NEWLINE && *p->token.start == '\n' )
        next(p);
}

static struct cfg_value *parse_value(struct parser *p);

struct item_array
{
    struct cfg_value **items;
    unsigned int nr, max;
};

static bool add_item(struct item_array *array, struct cfg_value *item)
{
    if ( array->nr == array->max )
    {
        unsigned int max = array->max ? array->max * 2 : 8;
        void *grown = realloc(array->items, max * sizeof(*array->items));

        if ( !grown )
            return false;
        array->items = grown;
        array->max = max;
    }

    array->items[array->nr++] = item;
    return true;
}

/* Collect items up to the closing bracket; false when an error was found. */
static bool parse_items(struct parser *p, struct item_array *array)
{
    for ( ;; )
    {
        struct cfg_value *item;

        skip_newlines(p);
        if ( p->token.type == TOKEN_CLOSE )
            break;

        item = parse_value(p);
        if ( !item )
            return false;
        if ( !add_item(array, item) )
        {
            p->lexer.nomem = true;
            return false;
        }

        skip_newlines(p);
        if ( p->token.type == TOKEN_CLOSE )
            break;
        if ( p->token.type != TOKEN_COMMA )
        {
            expected(p, "',' or ']' in a list");
            return false;
        }
        next(p);
    }

    return true;
}

static struct cfg_value *parse_list(struct parser *p)
{
    struct cfg_value *list = new_value(p, CFG_LIST);
    struct item_array array = { 0 };
    struct cfg_value **items = NULL;

    if ( !list )
        return NULL;

    if ( p->depth == CFG_MAX_DEPTH )
    {
        cfg_lex_error(&p->lexer, p->token.line, p->token.column,
                      "lists are nested deeper than %u", CFG_MAX_DEPTH);
        return NULL;
    }

    p->depth++;
    next(p);
    if ( !parse_items(p, &array) )
    {
        /* The depth stays: the recovery has that many brackets to close. */
        free(array.items);
        return NULL;
    }
    p->depth--;
    next(p);

    if ( array.nr )
    {
        items = cfg_alloc(p->lexer.cfg, array.nr * sizeof(*items));
        if ( items )
            memcpy(items, array.items, array.nr * sizeof(*items));
        else
            p->lexer.nomem = true;
    }
    free(array.items);

    list->items = items;
    list->nr_items = array.nr;

    return p->lexer.nomem ? NULL : list;
}

static struct cfg_value *parse_value(struct parser *p)
{
    struct cfg_value *value;

    switch ( p->token.type )
    {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
        value = new_value(p, p->token.type == TOKEN_STRING ? CFG_STRING
                                                           : CFG_NUMBER);
        if ( value )
        {
            value->text = p->token.text;
            value->number = p->token.number;
            next(p);
        }
        return value;

    case TOKEN_OPEN:
        return parse_list(p);

    case TOKEN_NAME:
        expected(p, "a value (a text needs quotes)");
        return NULL;

    default:
        expected(p, "a value (a quoted string, a number or a list)");
        return NULL;
    }
}

static struct cfg_value *joined_lists(struct parser *p,
                                      const struct cfg_value *a,
                                      const struct cfg_value *b)
{
    struct cfg_value *value = new_value(p, CFG_LIST);
    unsigned int nr = a->nr_items + b->nr_items;
    struct cfg_value **items =
        cfg_alloc(p->lexer.cfg, nr ? nr * sizeof(*items) : 1);

    if ( !value || !items )
        return NULL;

    if ( a->nr_items )
        memcpy(items, a->items, a->nr_items * sizeof(*items));
    if ( b->nr_items )
        memcpy(items + a->nr_items, b->items, b->nr_items * sizeof(*items));
    value->items = items;
    value->nr_items = nr;

    return value;
}

static struct cfg_value *joined_texts(struct parser *p,
                                      const struct cfg_value *a,
                                      const struct cfg_value *b)
{
    struct cfg_value *value = new_value(p, CFG_STRING);
    size_t len_a = strlen(a->text), len_b = strlen(b->text);
    char *text = cfg_alloc(p->lexer.cfg, len_a + len_b + 1);

    if ( !value || !text )
        return NULL;

    memcpy(text, a->text, len_a);
    memcpy(text + len_a, b->text, len_b);
    value->text = text;

    return value;
}

/* What "name += value" makes of the value the name had; NULL: reported. */
static struct cfg_value *append_value(struct parser *p, const char *name,
                                      struct cfg_value *value)
{
    const struct cfg_setting *old = cfg_find(p->lexer.cfg, name);
    struct cfg_value *joined;

    if ( !old )
        return value;

    if ( (old->value->type == CFG_LIST) != (value->type == CFG_LIST) )
    {
        cfg_lex_error(&p->lexer, value->line, value->column,
                      "cannot append a %s to '%s', which is a %s (line %u)",
                      value->type == CFG_LIST ? "list" : "text", name,
                      value->type == CFG_LIST ? "text" : "list",
                      old->value->line);
        return NULL;
    }

    if ( value->type == CFG_LIST )
        joined = joined_lists(p, old->value, value);
    else
        joined = joined_texts(p, old->value, value);

    if ( !joined )
    {
        p->lexer.nomem = true;
        return NULL;
    }

    joined->line = value->line;
    joined->column = value->column;
    return joined;
}

/* One "name = value" and the end of its line; false: error reported. */
static bool parse_setting(struct parser *p)
{
    const char *name = p->token.text;
    struct cfg_value *value;
    bool append;
    int rc;

    if ( p->token.type != TOKEN_NAME )
    {
        expected(p, "the name of a setting");
        return false;
    }
    next(p);

    append = p->token.type == TOKEN_APPEND;
    if ( !append && p->token.type != TOKEN_ASSIGN )
    {
        expected(p, "'=' after the name");
        return false;
    }
    next(p);

    value = parse_value(p);
    if ( !value )
        return false;

    if ( p->token.type != TOKEN_NEWLINE && p->token.type != TOKEN_END )
    {
        expected(p, "the end of the line after the value");
        return false;
    }

    if ( append )
    {
        value = append_value(p, name, value);
        if ( !value )
            return false;
    }

    rc = cfg_set(p->lexer.cfg, name, value);
    if ( rc == -E2BIG )
        cfg_lex_error(&p->lexer, value->line, value->column,
                      "more than %u settings", CFG_MAX_SETTINGS);
    else if ( rc )
        p->lexer.nomem = true;

    return rc == 0;
}

/*
 * Go on where the next statement is likely to start: after the bracket that
 * closes the outermost list, and then after the end of the line.
 */
static void recover(struct parser *p)
{
    p->lexer.quiet = true;

    while ( p->token.type != TOKEN_END && !p->lexer.nomem )
    {
        if ( p->token.type == TOKEN_OPEN )
            p->depth++;
        else if ( p->token.type == TOKEN_CLOSE && p->depth )
            p->depth--;
        else if ( p->token.type == TOKEN_NEWLINE && !p->depth )
            break;
        next(p);
    }

    p->depth = 0;
    p->lexer.quiet = false;
}

int cfg_parse(struct cfg *cfg, const char *source, const char *text, size_t len)
{
    struct parser p = {
        .lexer = { .cfg = cfg, .pos = text, .line = 1, .column = 1 },
    };

    p.lexer.source = cfg_strndup(cfg, source, strlen(source));
    if ( !p.lexer.source )
        return -ENOMEM;

    if ( len > CFG_MAX_TEXT )
    {
        cfg_lex_error(&p.lexer, 1, 1, "the text is longer than %u bytes",
                      CFG_MAX_TEXT);
        return -EFBIG;
    }
    p.lexer.end = text + len;

    next(&p);
    while ( p.token.type != TOKEN_END && p.errors < MAX_ERRORS )
    {
        if ( p.token.type == TOKEN_NEWLINE )
        {
            next(&p);
            continue;
        }

        if ( !parse_setting(&p) )
        {
            p.errors++;
            recover(&p);
        }
        if ( p.lexer.nomem )
            return -ENOMEM;
    }

    return p.errors ? -EINVAL : 0;
}
