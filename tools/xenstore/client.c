/* SPDX-License-Identifier: MIT */
/* xenstore-read, -write, -list, -ls, -rm, -exists, -chmod, -watch, -control. */

/*
 * One program under many names: it does what its own name says behind
 * "xenstore-", or else what its first argument says.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xenstore.h>

#include "escape.h"

/* Where xenstore-ls -p puts permissions. */
#define PERMS_COLUMN 60

struct options
{
    bool prefix; /* -p */
    bool full;   /* -f */
    bool wide;   /* -w */
    bool raw;    /* -R */
    bool tidy;   /* -t */
    bool upto;   /* -u */
    bool recurse;
    unsigned int events; /* -n */
    unsigned int width;
};

struct command
{
    const char *name;
    /* In a transaction, which is done over when it conflicts: no output. */
    bool in_transaction;
    int (*run)(struct xs_handle *xsh, xs_transaction_t t,
               const struct options *options, int argc, char **argv);
    const char *letters;
    int min_args;
    const char *synopsis;
};

static const struct command *command;

static int failed(const char *path)
{
    fprintf(stderr, "xenstore-%s: %s: %s\n", command->name, path,
            strerror(errno));
    return 1;
}

static void print_value(const char *value, unsigned int len, bool raw)
{
    char *text;

    if ( raw )
    {
        fwrite(value, 1, len, stdout);
        return;
    }

    text = escape_value(value, len);
    if ( text )
        fputs(text, stdout);
    free(text);
}

static int run_read(struct xs_handle *xsh, xs_transaction_t t,
                    const struct options *options, int argc, char **argv)
{
    for ( int i = 0; i < argc; i++ )
    {
        unsigned int len;
        char *value = xs_read(xsh, t, argv[i], &len);

        if ( !value )
            return failed(argv[i]);
        if ( options->prefix )
            printf("%s: ", argv[i]);
        print_value(value, len, options->raw);
        if ( !options->raw )
            putchar('\n');
        free(value);
    }

    return 0;
}

static int run_write(struct xs_handle *xsh, xs_transaction_t t,
                     const struct options *options, int argc, char **argv)
{
    if ( argc % 2 )
    {
        fprintf(stderr, "xenstore-write: %s has no value\n", argv[argc - 1]);
        return 2;
    }

    for ( int i = 0; i < argc; i += 2 )
    {
        unsigned int len = strlen(argv[i + 1]);
        char *value = options->raw ? strdup(argv[i + 1])
                                   : unescape_value(argv[i + 1], &len);
        bool ok = value && xs_write(xsh, t, argv[i], value, len);

        free(value);
        if ( !ok )
            return failed(argv[i]);
    }

    return 0;
}

static int run_list(struct xs_handle *xsh, xs_transaction_t t,
                    const struct options *options, int argc, char **argv)
{
    for ( int i = 0; i < argc; i++ )
    {
        unsigned int nr;
        char **names = xs_directory(xsh, t, argv[i], &nr);

        if ( !names )
            return failed(argv[i]);
        for ( unsigned int j = 0; j < nr; j++ )
            if ( options->prefix )
                printf("%s/%s\n", strcmp(argv[i], "/") ? argv[i] : "",
                       names[j]);
            else
                puts(names[j]);
        free(names);
    }

    return 0;
}

static void print_perms(struct xs_handle *xsh, xs_transaction_t t,
                        const char *path)
{
    static const char letters[] = "nrwb";
    unsigned int nr;
    struct xs_permissions *perms = xs_get_permissions(xsh, t, path, &nr);

    if ( !perms )
        return;

    printf("  (");
    for ( unsigned int i = 0; i < nr; i++ )
        printf("%s%c%u", i ? "," : "", letters[perms[i].perms & 3],
               perms[i].id);
    putchar(')');
    free(perms);
}

/*
 * A line of a tree is cut to the terminal's width, unless -w says not to.
 * Returns how many characters were printed.
 */
static int print_line(const struct options *options, const char *name,
                      const char *path, unsigned int depth, const char *value,
                      unsigned int len)
{
    char *text = escape_value(value, len);
    int used = options->full ? printf("%s = ", path)
                             : printf("%*s%s = ", depth, "", name);
    int room = (int)options->width - used - 2;

    if ( !text )
        return used;

    if ( options->width && room > 3 && (int)strlen(text) > room )
        used += printf("\"%.*s...\"", room - 3, text);
    else
        used += printf("\"%s\"", text);
    free(text);

    return used;
}

/* Permissions stand in a column of their own, with dots leading there. */
static void print_leader(const struct options *options, int used)
{
    putchar(' ');
    if ( !options->full )
        while ( ++used < PERMS_COLUMN )
            putchar(used % 2 ? '.' : ' ');
}

/* What goes away while it is being listed is not an error. */
static int list_tree(struct xs_handle *xsh, xs_transaction_t t,
                     const struct options *options, const char *path,
                     unsigned int depth)
{
    unsigned int nr, len;
    char **names = xs_directory(xsh, t, path, &nr);

    if ( !names )
        return errno == ENOENT && depth ? 0 : failed(path);

    for ( unsigned int i = 0; i < nr; i++ )
    {
        char *child, *value;

        if ( asprintf(&child, "%s/%s", strcmp(path, "/") ? path : "",
                      names[i]) < 0 )
            break;

        value = xs_read(xsh, t, child, &len);
        if ( value )
        {
            int used = print_line(options, names[i], child, depth, value, len);

            if ( options->prefix )
            {
                print_leader(options, used);
                print_perms(xsh, t, child);
            }
            putchar('\n');
            list_tree(xsh, t, options, child, depth + 1);
        }
        free(value);
        free(child);
    }
    free(names);

    return 0;
}

static int run_ls(struct xs_handle *xsh, xs_transaction_t t,
                  const struct options *options, int argc, char **argv)
{
    struct options sized = *options;
    struct winsize size;
    int rc = 0;

    if ( !options->wide && isatty(STDOUT_FILENO) &&
         !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) )
        sized.width = size.ws_col;

    if ( !argc )
        return list_tree(xsh, t, &sized, "/", 0);
    for ( int i = 0; i < argc && !rc; i++ )
        rc = list_tree(xsh, t, &sized, argv[i], 0);

    return rc;
}

/* Remove the parents, too, as long as they hold nothing. */
static void remove_empty_parents(struct xs_handle *xsh, xs_transaction_t t,
                                 const char *path)
{
    char *parent = strdup(path), *slash;

    while ( parent && (slash = strrchr(parent, '/')) && slash != parent )
    {
        unsigned int nr, len;
        char **names, *value;
        bool empty;

        *slash = '\0';
        names = xs_directory(xsh, t, parent, &nr);
        value = xs_read(xsh, t, parent, &len);
        empty = names && !nr && value && !len;
        free(names);
        free(value);
        if ( !empty || !xs_rm(xsh, t, parent) )
            break;
    }
    free(parent);
}

static int run_rm(struct xs_handle *xsh, xs_transaction_t t,
                  const struct options *options, int argc, char **argv)
{
    for ( int i = 0; i < argc; i++ )
    {
        if ( !xs_rm(xsh, t, argv[i]) )
            return failed(argv[i]);
        if ( options->tidy )
            remove_empty_parents(xsh, t, argv[i]);
    }

    return 0;
}

static int run_exists(struct xs_handle *xsh, xs_transaction_t t,
                      const struct options *options, int argc, char **argv)
{
    for ( int i = 0; i < argc; i++ )
    {
        char *value = xs_read(xsh, t, argv[i], NULL);

        (void)options;
        if ( !value )
            return 1;
        free(value);
    }

    return 0;
}

static int set_perms(struct xs_handle *xsh, xs_transaction_t t,
                     const struct options *options, const char *path,
                     struct xs_permissions *perms, unsigned int nr_perms)
{
    char **names;
    unsigned int nr;
    int rc = 0;

    if ( !xs_set_permissions(xsh, t, path, perms, nr_perms) )
        return failed(path);
    if ( !options->recurse )
        return 0;

    names = xs_directory(xsh, t, path, &nr);
    if ( !names )
        return failed(path);
    for ( unsigned int i = 0; i < nr && !rc; i++ )
    {
        char *child;

        if ( asprintf(&child, "%s/%s", strcmp(path, "/") ? path : "",
                      names[i]) < 0 )
            rc = 1;
        else
        {
            rc = set_perms(xsh, t, options, child, perms, nr_perms);
            free(child);
        }
    }
    free(names);

    return rc;
}

static int run_chmod(struct xs_handle *xsh, xs_transaction_t t,
                     const struct options *options, int argc, char **argv)
{
    unsigned int nr = argc - 1;
    struct xs_permissions *perms = calloc(nr, sizeof(*perms));
    char *path = strdup(argv[0]), *slash;
    int rc = perms && path ? 0 : 1;

    for ( unsigned int i = 0; i < nr && !rc; i++ )
        if ( !xs_strings_to_perms(&perms[i], 1, argv[i + 1]) )
        {
            fprintf(stderr, "xenstore-chmod: %s is not a permission\n",
                    argv[i + 1]);
            rc = 2;
        }

    if ( !rc )
        rc = set_perms(xsh, t, options, path, perms, nr);
    while ( !rc && options->upto && (slash = strrchr(path, '/')) &&
            slash != path )
    {
        *slash = '\0';
        if ( !xs_set_permissions(xsh, t, path, perms, nr) )
            rc = failed(path);
    }

    free(path);
    free(perms);
    return rc;
}

static int run_watch(struct xs_handle *xsh, xs_transaction_t t,
                     const struct options *options, int argc, char **argv)
{
    for ( int i = 0; i < argc; i++ )
        if ( !xs_watch(xsh, argv[i], argv[i]) )
            return failed(argv[i]);

    for ( unsigned int seen = 0; !options->events || seen < options->events;
          seen++ )
    {
        char **event = xs_read_watch(xsh, NULL);

        if ( !event )
            return failed("lost the connection");
        puts(event[XS_WATCH_PATH]);
        fflush(stdout);
        free(event);
    }

    return 0;
}

static int run_control(struct xs_handle *xsh, xs_transaction_t t,
                       const struct options *options, int argc, char **argv)
{
    char data[XENSTORE_PAYLOAD_MAX];
    unsigned int len = 0;
    char *answer;

    for ( int i = 1; i < argc; i++ )
    {
        unsigned int size = strlen(argv[i]) + 1;

        if ( size > sizeof(data) - len )
        {
            errno = E2BIG;
            return failed(argv[0]);
        }
        memcpy(data + len, argv[i], size);
        len += size;
    }

    answer = xs_control_command(xsh, argv[0], data, len);
    if ( !answer )
        return failed(argv[0]);
    printf("%s%s", answer,
           *answer && answer[strlen(answer) - 1] == '\n' ? "" : "\n");
    free(answer);

    return 0;
}

static const struct command commands[] = {
    { "read", false, run_read, "pR", 1, "[-p] [-R] PATH..." },
    { "write", true, run_write, "R", 2, "[-R] PATH VALUE..." },
    { "list", false, run_list, "p", 1, "[-p] PATH..." },
    { "ls", false, run_ls, "fpw", 0, "[-f] [-p] [-w] [PATH...]" },
    { "rm", true, run_rm, "t", 1, "[-t] PATH..." },
    { "exists", false, run_exists, "", 1, "PATH..." },
    { "chmod", true, run_chmod, "ru", 2, "[-r] [-u] PATH PERMISSION..." },
    { "watch", false, run_watch, "n:", 1, "[-n EVENTS] PATH..." },
    { "control", false, run_control, "", 1, "COMMAND [ARGUMENT...]" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
    for ( unsigned int i = 0; i < NR_COMMANDS; i++ )
        if ( !strcmp(commands[i].name, name) )
            return &commands[i];

    return NULL;
}

static int usage(int rc)
{
    FILE *out = rc ? stderr : stdout;

    if ( command )
    {
        fprintf(out, "Usage: xenstore-%s %s\n", command->name,
                command->synopsis);
        return rc;
    }

    fprintf(out, "Usage: xenstore COMMAND ...\n");
    for ( unsigned int i = 0; i < NR_COMMANDS; i++ )
        fprintf(out, "  xenstore %s %s\n", commands[i].name,
                commands[i].synopsis);

    return rc;
}

static int parse_options(struct options *options, int argc, char **argv)
{
    char letters[16];
    int opt;

    /* 's' chose the socket once, when there was another way. */
    snprintf(letters, sizeof(letters), "+hs%s", command->letters);
    while ( (opt = getopt(argc, argv, letters)) != -1 )
        switch ( opt )
        {
        case 'p':
            options->prefix = true;
            break;
        case 'f':
            options->full = true;
            break;
        case 'w':
            options->wide = true;
            break;
        case 'R':
            options->raw = true;
            break;
        case 't':
            options->tidy = true;
            break;
        case 'u':
            options->upto = true;
            break;
        case 'r':
            options->recurse = true;
            break;
        case 'n':
            options->events = strtoul(optarg, NULL, 10);
            break;
        case 's':
            break;
        case 'h':
            exit(usage(0));
        default:
            return -1;
        }

    return optind;
}

/* Until it gets through without a conflict. */
static int run_command(struct xs_handle *xsh, const struct options *options,
                       int argc, char **argv)
{
    for ( ;; )
    {
        xs_transaction_t t = XBT_NULL;
        int rc;

        if ( command->in_transaction )
        {
            t = xs_transaction_start(xsh);
            if ( !t )
                return failed("cannot start a transaction");
        }

        rc = command->run(xsh, t, options, argc, argv);
        if ( !t || xs_transaction_end(xsh, t, rc != 0) )
            return rc;
        if ( errno != EAGAIN )
            return failed("cannot end the transaction");
    }
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    struct options options = { 0 };
    struct xs_handle *xsh;
    int first, rc;

    name = name ? name + 1 : argv[0];
    if ( !strncmp(name, "xenstore-", 9) )
        command = find_command(name + 9);
    else if ( argc > 1 && (command = find_command(argv[1])) )
    {
        argc--;
        argv++;
    }
    if ( !command )
        return usage(2);

    first = parse_options(&options, argc, argv);
    if ( first < 0 || argc - first < command->min_args )
        return usage(2);

    xsh = xs_open(0);
    if ( !xsh )
        return failed("cannot reach xenstored");

    rc = run_command(xsh, &options, argc - first, argv + first);
    xs_close(xsh);

    return rc;
}
