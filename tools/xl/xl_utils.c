/* SPDX-License-Identifier: MIT */
/* Small things that the commands of xl need. */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"

void help(const char *command)
{
    const struct cmd_spec *cmd;
    unsigned int i;

    if ( command && strcmp(command, "help") )
    {
        cmd = cmd_lookup(command);
        if ( !cmd )
        {
            printf("command \"%s\" not implemented\n", command);
            return;
        }
        printf("Usage: xl [-v%s] %s %s\n\n%s.\n\n", cmd->dry_run ? "N" : "",
               cmd->name, cmd->arguments, cmd->summary);
        if ( cmd->options )
            printf("Options:\n\n%s\n", cmd->options);
        return;
    }

    printf("Usage xl [-vfNtT] <subcommand> [args]\n\n"
           "xl full list of subcommands:\n\n");
    for ( i = 0; i < cmd_table_size; i++ )
    {
        printf(" %-19s ", cmd_table[i].name);
        if ( strlen(cmd_table[i].name) > 19 )
            printf("\n %-19s ", "");
        printf("%s\n", cmd_table[i].summary);
    }
}

void need_context(void)
{
    if ( !ctx )
        ctx = libxl_ctx_alloc((xentoollog_logger *)logger);
    if ( !ctx )
        exit(EXIT_FAILURE);
}

#define MAX_LONG_NAMES 12

int next_option(int argc, char **argv, const char *options,
                const struct long_name *names, int required, int *exit_code)
{
    struct option longs[MAX_LONG_NAMES + 2] = { { "help", 0, NULL, 'h' } };
    char with_help[64], *letter;
    int opt, nr = 1;

    snprintf(with_help, sizeof(with_help), "h%s", options);
    for ( ; names && names->name && nr <= MAX_LONG_NAMES; names++, nr++ )
    {
        letter = strchr(with_help, names->letter);
        longs[nr] = (struct option){ .name = names->name,
                                     .has_arg = letter && letter[1] == ':',
                                     .val = names->letter };
    }

    opt = getopt_long(argc, argv, with_help, longs, NULL);
    if ( opt == 'h' )
    {
        help(argv[0]);
        *exit_code = EXIT_SUCCESS;
    }
    else if ( opt == '?' )
    {
        /* A long name has no letter, unless its argument is missing. */
        if ( !strncmp(argv[optind - 1], "--", 2) )
            fprintf(stderr, "option `%s' not supported.\n", argv[optind - 1]);
        else
            fprintf(stderr, "option `%c' not supported.\n", optopt);
        *exit_code = EXIT_FAILURE;
    }
    else if ( opt == -1 && argc - optind < required )
    {
        fprintf(stderr, "'xl %s' requires at least %d argument%s.\n\n", argv[0],
                required, required > 1 ? "s" : "");
        help(argv[0]);
        *exit_code = EXIT_FAILURE;
        return '?';
    }
    else if ( opt == -1 && !cmd_lookup(argv[0])->late_context )
        need_context();
    return opt;
}

const char *take_leading_file(int *argc, char ***argv)
{
    char **args = *argv, *file = *argc > 1 ? args[1] : NULL;

    if ( !file || file[0] == '-' || strchr(file, '=') )
        return NULL;
    args[1] = args[0];
    (*argv)++;
    (*argc)--;
    return file;
}

uint32_t find_domain(const char *name)
{
    uint32_t domid;
    int rc = libxl_domain_qualifier_to_domid(ctx, name, &domid);

    if ( !rc )
        return domid;
    fprintf(stderr, "%s is an invalid domain identifier (rc=%d)\n", name, rc);
    exit(EXIT_FAILURE);
}

char *domain_name(uint32_t domid)
{
    char *name = libxl_domid_to_name(ctx, domid);

    return name ? name : xl_strdup(domid ? "(null)" : "Domain-0");
}

void *xl_alloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if ( p )
        return p;
    perror("xl: out of memory");
    exit(EXIT_FAILURE);
}

void *xl_realloc(void *p, size_t n, size_t size)
{
    p = reallocarray(p, n, size);
    if ( p )
        return p;
    perror("xl: out of memory");
    exit(EXIT_FAILURE);
}

char *xl_strdup(const char *s)
{
    char *copy = strdup(s);

    if ( copy )
        return copy;
    perror("xl: out of memory");
    exit(EXIT_FAILURE);
}

bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
    unsigned long n;
    char *end;

    if ( *text < '0' || *text > '9' )
        return false;
    errno = 0;
    n = strtoul(text, &end, 10);
    if ( errno || *end || n > max )
        return false;
    *out = n;
    return true;
}

int64_t parse_mem_kb(const char *text)
{
    static const struct
    {
        char letter;
        int shift; /* to KiB */
    } units[] = {
        { 'b', -10 }, { 'k', 0 }, { 'm', 10 }, { 'g', 20 }, { 't', 30 }
    };
    char letter, *end;
    int64_t n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if ( errno || end == text || n < 0 || (*end && end[1]) )
        return -1;
    letter = *end ? tolower((unsigned char)*end) : 'm';
    for ( unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++ )
    {
        if ( units[i].letter != letter )
            continue;
        if ( units[i].shift < 0 )
            return n >> -units[i].shift;
        return n > INT64_MAX >> units[i].shift ? -1 : n << units[i].shift;
    }
    return -1;
}

void print_bitmap(const uint8_t *map, unsigned int nr, FILE *f)
{
    unsigned int i, first;
    const char *separator = "";
    bool all = true;

    for ( i = 0; i < nr; i++ )
        all &= (map[i / 8] >> (i % 8)) & 1;
    if ( all )
    {
        fputs("all", f);
        return;
    }
    for ( i = 0; i < nr; i++ )
    {
        if ( !((map[i / 8] >> (i % 8)) & 1) )
            continue;
        first = i;
        while ( i + 1 < nr && ((map[(i + 1) / 8] >> ((i + 1) % 8)) & 1) )
            i++;
        if ( first == i )
            fprintf(f, "%s%u", separator, first);
        else
            fprintf(f, "%s%u-%u", separator, first, i);
        separator = ",";
    }
    if ( !*separator )
        fputs("none", f);
}

int xl_exit(int rc)
{
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
