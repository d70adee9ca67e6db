/* SPDX-License-Identifier: MIT */
/* Cut a configuration text into tokens. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* xl.conf has names such as vif.default.script. */
static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c) || c == '.' || c == '-';
}

static int hex_value(char c)
{
    if ( is_digit(c) )
        return c - '0';
    if ( c >= 'a' && c <= 'f' )
        return c - 'a' + 10;
    if ( c >= 'A' && c <= 'F' )
        return c - 'A' + 10;

    return -1;
}

void cfg_lex_error(struct cfg_lexer *lexer, unsigned int line,
                   unsigned int column, const char *fmt, ...)
{
    va_list args;

    if ( lexer->quiet )
        return;

    va_start(args, fmt);
    cfg_report_at(lexer->cfg, lexer->source, line, column, fmt, args);
    va_end(args);
}

static bool at_end(const struct cfg_lexer *lexer)
{
    return lexer->pos == lexer->end;
}

static char peek(const struct cfg_lexer *lexer)
{
    return at_end(lexer) ? '\0' : *lexer->pos;
}

static void advance(struct cfg_lexer *lexer)
{
    if ( *lexer->pos == '\n' )
    {
        lexer->line++;
        lexer->column = 1;
    }
    else
        lexer->column++;

    lexer->pos++;
}

static void skip_blanks(struct cfg_lexer *lexer)
{
    while ( !at_end(lexer) )
    {
        char c = *lexer->pos;

        if ( c == '#' )
        {
            while ( !at_end(lexer) && *lexer->pos != '\n' )
                advance(lexer);
        }
        else if ( c == ' ' || c == '\t' || c == '\r' || c == '\f' )
            advance(lexer);
        else
            return;
    }
}

/*
 * The character an escape sequence stands for; the backslash has been read.
 * Negative, and reported, when it stands for nothing.
 */
static int read_escape(struct cfg_lexer *lexer)
{
    static const char letters[] = "abfnrtv\\'\"";
    static const char meanings[] = "\a\b\f\n\r\t\v\\'\"";
    unsigned int line = lexer->line, column = lexer->column;
    char c = peek(lexer);
    const char *found = c ? strchr(letters, c) : NULL;
    unsigned int value = 0, digits = 0;

    if ( found )
    {
        advance(lexer);
        return (unsigned char)meanings[found - letters];
    }

    if ( c == 'x' )
    {
        advance(lexer);
        while ( digits < 2 && hex_value(peek(lexer)) >= 0 )
        {
            value = value * 16 + hex_value(peek(lexer));
            digits++;
            advance(lexer);
        }
    }
    else
    {
        while ( digits < 3 && peek(lexer) >= '0' && peek(lexer) <= '7' )
        {
            value = value * 8 + (peek(lexer) - '0');
            digits++;
            advance(lexer);
        }
    }

    if ( digits && value && value <= 0xff )
        return value;

    if ( digits )
        cfg_lex_error(lexer, line, column,
                      "a string cannot hold the character number %u", value);
    else
        cfg_lex_error(lexer, line, column,
                      "unknown escape sequence after the backslash");

    return -1;
}

static void lex_string(struct cfg_lexer *lexer, struct cfg_token *token)
{
    char quote = *lexer->pos;
    const char *close;
    char *out;
    bool bad = false;

    advance(lexer);

    /* What it stands for is never longer than what is written. */
    for ( close = lexer->pos;
          close < lexer->end && *close != quote && *close != '\n' && *close;
          close++ )
        if ( *close == '\\' && close + 1 < lexer->end && close[1] != '\n' )
            close++;

    out = cfg_alloc(lexer->cfg, close - lexer->pos + 1);
    token->type = TOKEN_BAD;
    if ( !out )
    {
        lexer->nomem = true;
        return;
    }
    token->text = out;

    while ( !at_end(lexer) && *lexer->pos != quote && *lexer->pos != '\n' &&
            *lexer->pos )
    {
        int c = (unsigned char)*lexer->pos;

        advance(lexer);
        if ( c == '\\' )
        {
            c = read_escape(lexer);
            if ( c < 0 )
            {
                bad = true;
                continue;
            }
        }
        *out++ = c;
    }

    if ( peek(lexer) != quote )
    {
        cfg_lex_error(lexer, token->line, token->column,
                      "the string that starts here has no closing %c", quote);
        return;
    }

    advance(lexer);
    if ( !bad )
        token->type = TOKEN_STRING;
}

static void lex_number(struct cfg_lexer *lexer, struct cfg_token *token)
{
    const char *start = lexer->pos;
    char *tail;

    advance(lexer);
    while ( is_name(peek(lexer)) )
        advance(lexer);

    token->type = TOKEN_BAD;
    token->text = cfg_strndup(lexer->cfg, start, lexer->pos - start);
    if ( !token->text )
    {
        lexer->nomem = true;
        return;
    }

    errno = 0;
    token->number = strtoll(token->text, &tail, 0);
    if ( *tail || tail == token->text )
        cfg_lex_error(lexer, token->line, token->column,
                      "'%s' is not a number; a text needs quotes", token->text);
    else if ( errno == ERANGE )
        cfg_lex_error(lexer, token->line, token->column,
                      "the number %s is too large", token->text);
    else
        token->type = TOKEN_NUMBER;
}

static void lex_name(struct cfg_lexer *lexer, struct cfg_token *token)
{
    const char *start = lexer->pos;

    while ( is_name(peek(lexer)) )
        advance(lexer);

    token->type = TOKEN_NAME;
    token->text = cfg_strndup(lexer->cfg, start, lexer->pos - start);
    if ( !token->text )
    {
        lexer->nomem = true;
        token->type = TOKEN_BAD;
    }
}

static enum cfg_token_type lex_mark(struct cfg_lexer *lexer)
{
    static const struct
    {
        char c;
        enum cfg_token_type type;
    } marks[] = {
        { '\n', TOKEN_NEWLINE }, { ';', TOKEN_NEWLINE }, { '[', TOKEN_OPEN },
        { ']', TOKEN_CLOSE },    { ',', TOKEN_COMMA },   { '=', TOKEN_ASSIGN },
    };
    char c = *lexer->pos;
    unsigned int line = lexer->line, column = lexer->column;

    for ( unsigned int i = 0; i < sizeof(marks) / sizeof(marks[0]); i++ )
        if ( marks[i].c == c )
        {
            advance(lexer);
            return marks[i].type;
        }

    advance(lexer);
    if ( c == '+' && peek(lexer) == '=' )
    {
        advance(lexer);
        return TOKEN_APPEND;
    }

    if ( c >= ' ' && c <= '~' )
        cfg_lex_error(lexer, line, column, "unexpected character '%c'", c);
    else
        cfg_lex_error(lexer, line, column, "unexpected character 0x%02x",
                      (unsigned char)c);

    return TOKEN_BAD;
}

/* After running out of memory every token is bad until the text's end. */
void cfg_lex(struct cfg_lexer *lexer, struct cfg_token *token)
{
    char c;

    skip_blanks(lexer);

    memset(token, 0, sizeof(*token));
    token->line = lexer->line;
    token->column = lexer->column;
    token->start = lexer->pos;

    if ( at_end(lexer) )
    {
        token->type = TOKEN_END;
        return;
    }

    c = *lexer->pos;
    if ( c == '"' || c == '\'' )
        lex_string(lexer, token);
    else if ( is_digit(c) || (c == '-' && lexer->pos + 1 < lexer->end &&
                              is_digit(lexer->pos[1])) )
        lex_number(lexer, token);
    else if ( is_name_start(c) )
        lex_name(lexer, token);
    else
        token->type = lex_mark(lexer);

    token->len = lexer->pos - token->start;
}
