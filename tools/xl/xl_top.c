/* SPDX-License-Identifier: MIT */
/* xl top: the domains by what they use, on a terminal or line by line. */

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "xl.h"
#include "xl_cmds.h"
#include "xl_top.h"

#define DEFAULT_DELAY 3ul
#define MAX_DELAY     3600

struct settings
{
    struct top_options options;
    bool batch;
    bool repeat_heading;
    unsigned long delay;      /* seconds */
    unsigned long iterations; /* 0: for ever */
};

/* --- line by line --- */

struct batch
{
    bool heading; /* wanted */
};

static void emit_line(void *opaque, const char *line, bool heading)
{
    const struct batch *b = opaque;

    if ( !heading || b->heading )
        puts(line);
}

static int run_batch(const struct settings *set)
{
    struct top_sample now, before = { 0 };
    struct batch b = { .heading = true };
    unsigned long i;

    for ( i = 0; !set->iterations || i < set->iterations; i++ )
    {
        if ( i )
            sleep(set->delay);
        if ( !top_sample_take(&now) )
            return EXIT_FAILURE;
        top_print_domains(&now, i ? &before : NULL, &set->options, emit_line,
                          &b);
        fflush(stdout);
        top_sample_free(&before);
        before = now;
        b.heading = set->repeat_heading;
    }
    top_sample_free(&before);
    return EXIT_SUCCESS;
}

/* --- on a terminal --- */

struct screen
{
    int row;
    int skip; /* lines that are scrolled away */
};

static void emit_on_screen(void *opaque, const char *line, bool heading)
{
    struct screen *s = opaque;

    if ( !heading && s->skip > 0 )
    {
        s->skip--;
        return;
    }
    /* The last row is for the keys. */
    if ( s->row >= LINES - 1 )
        return;
    if ( heading )
        attron(A_REVERSE);
    mvaddnstr(s->row++, 0, line, COLS);
    if ( heading )
        attroff(A_REVERSE);
}

static void draw(const struct settings *set, const struct top_sample *now,
                 const struct top_sample *before, int skip)
{
    struct screen s = { 0 };
    char clock[16];
    time_t t = time(NULL);
    struct tm tm;

    localtime_r(&t, &tm);
    strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
    erase();
    top_print_summary(now, clock, emit_on_screen, &s);
    s.skip = skip;
    top_print_domains(now, before, &set->options, emit_on_screen, &s);
    mvprintw(LINES - 1, 0,
             "Delay Networks VBDs vCPUs Sort (%s) 0 first Up/Down Quit",
             top_column_name(set->options.sort));
    refresh();
}

/* False: the end was asked for. */
static bool handle_key(struct settings *set, int key, int *skip)
{
    switch ( key )
    {
    case 'q':
    case 'Q':
        return false;
    case 'n':
    case 'N':
        set->options.nets ^= true;
        break;
    case 'b':
    case 'B':
        set->options.vbds ^= true;
        break;
    case 'v':
    case 'V':
        set->options.vcpus ^= true;
        break;
    case 's':
    case 'S':
        if ( !top_column_name(++set->options.sort) )
            set->options.sort = 0;
        break;
    case '0':
        set->options.dom0_first ^= true;
        break;
    case 'd':
    case 'D':
        set->delay = set->delay >= 10 ? 1 : set->delay + 1;
        break;
    case KEY_DOWN:
        ++*skip;
        break;
    case KEY_UP:
        if ( *skip )
            --*skip;
        break;
    }
    return true;
}

/* Serve keys until it is time for the next sample. */
static bool wait_and_serve(struct settings *set, const struct top_sample *now,
                           const struct top_sample *before, int *skip)
{
    time_t end = time(NULL) + set->delay;
    int key;

    while ( time(NULL) < end )
    {
        timeout((end - time(NULL)) * 1000);
        key = getch();
        if ( key == ERR )
            continue;
        if ( !handle_key(set, key, skip) )
            return false;
        draw(set, now, before, *skip);
    }
    return true;
}

static int run_screen(struct settings *set)
{
    struct top_sample now = { 0 }, before = { 0 };
    unsigned long i;
    bool more = true;
    int skip = 0;

    setlocale(LC_ALL, "");
    if ( !newterm(NULL, stdout, stdin) )
    {
        fprintf(stderr, "xl: no terminal to draw on, see option -b\n");
        return EXIT_FAILURE;
    }
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    for ( i = 0; more && (!set->iterations || i < set->iterations); i++ )
    {
        top_sample_free(&before);
        before = now;
        if ( !top_sample_take(&now) )
            break;
        draw(set, &now, i ? &before : NULL, skip);
        more = wait_and_serve(set, &now, i ? &before : NULL, &skip);
    }
    endwin();
    top_sample_free(&before);
    top_sample_free(&now);
    return EXIT_SUCCESS;
}

static bool number_option(const char *what, const char *text, unsigned long max,
                          unsigned long *out)
{
    if ( parse_number(text, max, out) && *out )
        return true;
    fprintf(stderr, "Invalid %s \"%s\"\n", what, text);
    return false;
}

int main_top(int argc, char **argv)
{
    struct settings set = { .delay = DEFAULT_DELAY };
    int opt;

    FOREACH_OPTION(opt, argc, argv, "bd:fi:nrvxz", 0)
    {
    case 'b':
        set.batch = true;
        break;
    case 'd':
        if ( !number_option("delay", optarg, MAX_DELAY, &set.delay) )
            return EXIT_FAILURE;
        break;
    case 'i':
        if ( !number_option("number of iterations", optarg, UINT32_MAX,
                            &set.iterations) )
            return EXIT_FAILURE;
        break;
    case 'f':
        set.options.full_name = true;
        break;
    case 'n':
        set.options.nets = true;
        break;
    case 'r':
        set.repeat_heading = true;
        break;
    case 'v':
        set.options.vcpus = true;
        break;
    case 'x':
        set.options.vbds = true;
        break;
    case 'z':
        set.options.dom0_first = true;
        break;
    }
    return set.batch ? run_batch(&set) : run_screen(&set);
}
