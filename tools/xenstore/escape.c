/* SPDX-License-Identifier: MIT */
/* Values of the store, which are any bytes, as printable text. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

static const char letters[] = "trn\\";
static const char meanings[] = "\t\r\n\\";

char *escape_value(const char *value, unsigned int len)
{
    char *text = malloc(len * 4 + 1), *out = text;

    if ( !text )
        return NULL;

    for ( unsigned int i = 0; i < len; i++ )
    {
        unsigned char c = value[i];
        const char *known = c ? strchr(meanings, c) : NULL;

        if ( known )
        {
            *out++ = '\\';
            *out++ = letters[known - meanings];
        }
        else if ( c >= ' ' && c <= '~' )
            *out++ = c;
        else
            /* Three digits when one follows, to tell where it ends. */
            out += sprintf(out,
                           i + 1 < len && value[i + 1] >= '0' &&
                                   value[i + 1] <= '7'
                               ? "\\%03o"
                               : "\\%o",
                           c);
    }
    *out = '\0';

    return text;
}

char *unescape_value(const char *text, unsigned int *len)
{
    char *value = malloc(strlen(text) + 1), *out = value;

    if ( !value )
        return NULL;

    while ( *text )
    {
        const char *known;
        unsigned int digits = 0, number = 0;

        if ( *text != '\\' || !text[1] )
        {
            *out++ = *text++;
            continue;
        }

        text++;
        known = strchr(letters, *text);
        if ( known )
        {
            *out++ = meanings[known - letters];
            text++;
            continue;
        }

        if ( *text == 'x' )
        {
            char *end;
            char hex[3] = { text[1], text[1] ? text[2] : '\0', '\0' };

            number = strtoul(hex, &end, 16);
            text += 1 + (end - hex);
        }
        else
        {
            while ( digits < 3 && *text >= '0' && *text <= '7' )
            {
                number = number * 8 + (*text++ - '0');
                digits++;
            }
            if ( !digits )
                number = (unsigned char)*text++;
        }
        *out++ = number;
    }

    *out = '\0';
    *len = out - value;

    return value;
}
