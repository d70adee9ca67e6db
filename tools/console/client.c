/* SPDX-License-Identifier: MIT */
/* xenconsole: connect a terminal to a guest's console. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <xenstore.h>

#define CONTROL(c)     ((c)&0x1f)
#define DEFAULT_ESCAPE CONTROL(']')

#define TTY_TOKEN      "tty"
#define RELEASE_TOKEN  "release"

enum console_type
{
    CONSOLE_PV,
    CONSOLE_SERIAL,
};

struct options
{
    unsigned int domid;
    unsigned int number;
    enum console_type type;
    int notify_fd;
    bool interactive;
    char escape;
};

static const struct option long_options[] = {
    { "type", required_argument, NULL, 't' },
    { "num", required_argument, NULL, 'n' },
    { "escape", required_argument, NULL, 'e' },
    { "start-notify-fd", required_argument, NULL, 's' },
    { "interactive", no_argument, NULL, 'i' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static struct termios saved_terminal;
static bool terminal_is_raw;

static void usage(FILE *out)
{
    fprintf(out, "Usage: xenconsole [options] DOMAIN-ID\n"
                 "  -n, --num N              which console (0)\n"
                 "  -t, --type pv|serial     of which kind (pv)\n"
                 "  -e, --escape ^CHAR       what ends the session (^])\n"
                 "  -i, --interactive        read input that is no terminal\n"
                 "      --start-notify-fd N  write a byte when connected\n");
}

static void restore_terminal(void)
{
    if ( terminal_is_raw )
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
    terminal_is_raw = false;
}

static void end_by_signal(int signo)
{
    restore_terminal();
    signal(signo, SIG_DFL);
    raise(signo);
}

static void make_terminal_raw(void)
{
    struct termios raw;

    if ( tcgetattr(STDIN_FILENO, &saved_terminal) )
        return;

    raw = saved_terminal;
    cfmakeraw(&raw);
    terminal_is_raw = true;
    atexit(restore_terminal);
    signal(SIGTERM, end_by_signal);
    signal(SIGINT, end_by_signal);
    signal(SIGHUP, end_by_signal);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static bool parse_number(const char *text, unsigned int *number)
{
    unsigned long value;
    char *end;

    if ( !isdigit((unsigned char)text[0]) )
        return false;

    errno = 0;
    value = strtoul(text, &end, 10);
    *number = value;

    return !*end && !errno && value <= INT_MAX;
}

/* "^x" is a control character, anything else its first character. */
static char parse_escape(const char *text)
{
    return text[0] == '^' && text[1] ? CONTROL(toupper((unsigned char)text[1]))
                                     : text[0];
}

static bool parse_options(struct options *options, int argc, char **argv)
{
    unsigned int fd;
    int opt;

    while ( (opt = getopt_long(argc, argv, "t:n:e:ih", long_options, NULL)) !=
            -1 )
        switch ( opt )
        {
        case 't':
            if ( !strcmp(optarg, "pv") )
                options->type = CONSOLE_PV;
            else if ( !strcmp(optarg, "serial") )
                options->type = CONSOLE_SERIAL;
            else
                return false;
            break;
        case 'n':
            if ( !parse_number(optarg, &options->number) )
                return false;
            break;
        case 'e':
            options->escape = parse_escape(optarg);
            break;
        case 's':
            if ( !parse_number(optarg, &fd) )
                return false;
            options->notify_fd = fd;
            break;
        case 'i':
            options->interactive = true;
            break;
        case 'h':
            usage(stdout);
            exit(0);
        default:
            return false;
        }

    return optind == argc - 1 && parse_number(argv[optind], &options->domid);
}

/* Where the console's terminal is, or will be, written in the store. */
static char *tty_path(struct xs_handle *xs, const struct options *options)
{
    char *home = xs_get_domain_path(xs, options->domid), *path;
    int rc;

    if ( !home )
        return NULL;

    if ( options->type == CONSOLE_SERIAL )
        rc = asprintf(&path, "%s/serial/%u/tty", home, options->number);
    else if ( options->number )
        rc = asprintf(&path, "%s/device/console/%u/tty", home, options->number);
    else
        rc = asprintf(&path, "%s/console/tty", home);
    free(home);

    return rc < 0 ? NULL : path;
}

/* The console's terminal once there is one; NULL when the domain has gone. */
static char *wait_for_tty(struct xs_handle *xs, const struct options *options,
                          const char *path)
{
    while ( xs_is_domain_introduced(xs, options->domid) )
    {
        char *name = xs_read(xs, XBT_NULL, path, NULL);
        char **event;

        if ( name && *name )
            return name;
        free(name);

        event = xs_read_watch(xs, NULL);
        if ( !event )
            return NULL;
        free(event);
    }

    return NULL;
}

static int open_tty(const char *name)
{
    struct termios raw;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if ( fd < 0 )
    {
        fprintf(stderr, "xenconsole: %s: %m\n", name);
        return -1;
    }

    /* Two readers would each get half of it. */
    if ( flock(fd, LOCK_EX | LOCK_NB) )
    {
        fprintf(stderr, "xenconsole: %s is in use by another client\n", name);
        close(fd);
        return -1;
    }

    if ( !tcgetattr(fd, &raw) )
    {
        cfmakeraw(&raw);
        tcsetattr(fd, TCSANOW, &raw);
    }

    return fd;
}

static void notify_start(int fd)
{
    if ( fd < 0 )
        return;

    (void)!write(fd, "", 1);
    close(fd);
}

/* From the console to the user; false at its end. */
static bool copy_output(int tty)
{
    char buf[1024];
    ssize_t len = read(tty, buf, sizeof(buf));

    if ( len < 0 && (errno == EINTR || errno == EAGAIN) )
        return true;

    return len > 0 && xs_write_all(STDOUT_FILENO, buf, len);
}

enum input
{
    INPUT_GOES_ON,
    INPUT_ENDS,
    INPUT_ESCAPED,
};

static enum input copy_input(int tty, char escape)
{
    char buf[256];
    ssize_t len = read(STDIN_FILENO, buf, sizeof(buf));
    char *end;

    if ( len < 0 && (errno == EINTR || errno == EAGAIN) )
        return INPUT_GOES_ON;
    if ( len <= 0 )
        return INPUT_ENDS;

    end = terminal_is_raw ? memchr(buf, escape, len) : NULL;
    if ( end )
        len = end - buf;
    if ( !xs_write_all(tty, buf, len) )
        return INPUT_ESCAPED;

    return end ? INPUT_ESCAPED : INPUT_GOES_ON;
}

/* Has the console moved to another terminal, as after a migration? */
static bool tty_moved(struct xs_handle *xs, const char *path, const char *name)
{
    bool moved = false;
    char **event, *now;

    while ( (event = xs_check_watch(xs)) )
        free(event);

    now = xs_read(xs, XBT_NULL, path, NULL);
    moved = now && *now && strcmp(now, name);
    free(now);

    return moved;
}

/*
 * Pass bytes on until the daemon closes the terminal, which it does after the
 * last byte of a domain that is gone has been read here.
 */
static int talk(struct xs_handle *xs, const struct options *options, int tty,
                const char *path, const char *name)
{
    bool input = isatty(STDIN_FILENO) || options->interactive;
    struct pollfd fds[] = {
        { .fd = tty, .events = POLLIN },
        { .fd = input ? STDIN_FILENO : -1, .events = POLLIN },
        { .fd = xs_fileno(xs), .events = POLLIN },
    };

    for ( ;; )
    {
        if ( poll(fds, 3, -1) < 0 && errno != EINTR )
            return 1;

        if ( fds[0].revents && !copy_output(tty) )
            return 0;

        if ( fds[1].revents )
            switch ( copy_input(tty, options->escape) )
            {
            case INPUT_ESCAPED:
                return 0;
            case INPUT_ENDS:
                fds[1].fd = -1;
                break;
            case INPUT_GOES_ON:
                break;
            }

        if ( fds[2].revents && !fds[0].revents && tty_moved(xs, path, name) )
            return 0;
    }
}

int main(int argc, char **argv)
{
    struct options options = { .notify_fd = -1, .escape = DEFAULT_ESCAPE };
    struct xs_handle *xs;
    char *path, *name;
    int tty, rc;

    if ( !parse_options(&options, argc, argv) )
    {
        usage(stderr);
        return 2;
    }

    xs = xs_open(0);
    if ( !xs )
    {
        fprintf(stderr, "xenconsole: cannot reach xenstored: %m\n");
        return 1;
    }

    path = tty_path(xs, &options);
    if ( !path || !xs_watch(xs, path, TTY_TOKEN) ||
         !xs_watch(xs, "@releaseDomain", RELEASE_TOKEN) )
    {
        fprintf(stderr, "xenconsole: cannot watch for the console: %m\n");
        return 1;
    }

    name = wait_for_tty(xs, &options, path);
    if ( !name )
    {
        fprintf(stderr, "xenconsole: there is no domain %u\n", options.domid);
        return 1;
    }

    tty = open_tty(name);
    if ( tty < 0 )
        return 1;

    signal(SIGPIPE, SIG_IGN);
    if ( isatty(STDIN_FILENO) )
        make_terminal_raw();
    notify_start(options.notify_fd);

    rc = talk(xs, &options, tty, path, name);
    restore_terminal();
    xs_close(xs);

    return rc;
}
