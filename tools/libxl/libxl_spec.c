/* SPDX-License-Identifier: MIT */
/* What specifications of devices have in common: "parameter=value,...": pure.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

int libxl__spec_fail(char *err, size_t err_size, const char *fmt, ...)
{
    va_list al;

    va_start(al, fmt);
    vsnprintf(err, err_size, fmt, al);
    va_end(al);
    return ERROR_INVAL;
}

int libxl__spec_backend(const char *value, char *err, size_t err_size)
{
    if ( !*value || !strcmp(value, "0") || !strcmp(value, "Domain-0") )
        return 0;
    return libxl__spec_fail(err, err_size,
                            "backend \"%s\": driver domains are not supported",
                            value);
}

int libxl__spec_parse(const char *spec,
                      int (*set)(void *opaque, const char *name,
                                 const char *value),
                      void *opaque, char *err, size_t err_size)
{
    char *copy = libxl__strdup(spec), *word, *comma, *equals;
    int rc = 0;

    for ( word = copy; word && !rc; word = comma ? comma + 1 : NULL )
    {
        while ( isspace((unsigned char)*word) )
            word++;
        comma = strchr(word, ',');
        if ( comma )
            *comma = '\0';
        if ( !*word )
            continue;
        equals = strchr(word, '=');
        if ( equals )
        {
            *equals = '\0';
            rc = set(opaque, word, equals + 1);
        }
        else
            rc = libxl__spec_fail(err, err_size,
                                  "\"%s\" is not of the form parameter=value",
                                  word);
    }
    free(copy);
    return rc;
}
