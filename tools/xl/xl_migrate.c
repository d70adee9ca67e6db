/* SPDX-License-Identifier: MIT */
/* xl migrate: a domain's image over a pipe to the xl of another host. */

/*
 * The sender starts a command, by default ssh, that runs `xl migrate-receive`
 * and joins it to our pipes. The two ends agree by fixed messages:
 *
 *     receiver  banner
 *     sender    header, configuration, image
 *     receiver  ready: the domain is there, paused, under another name
 *     sender    go: its own copy has given up its name
 *     receiver  report and a byte: 0, it runs; else it could not be started
 *     receiver  (after a failure) go: its copy is gone, yours may go on
 *
 * Before "go" the sender's domain goes on whatever happens. After it, only
 * the receiver's word tells who has the domain.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xl_cmds.h"
#include "xl_savefile.h"

#define DEFAULT_SSH "ssh"

/* As on the wire: the banner without its end, the others with it. */
#define BANNER  "xl migration receiver ready, send binary domain data.\n"
#define READY   "domain received, ready to unpause"
#define GO      "domain is yours, you are cleared to unpause"
#define REPORT  "my copy unpause results are as follows"
#define LONGEST sizeof(BANNER)

static bool put(int fd, const char *message, size_t size)
{
    struct xg_error err;

    if ( !xg_write(fd, message, size, &err) )
        return true;
    fprintf(stderr, "migration: cannot tell the other end: %s\n", err.text);
    return false;
}

static bool get(int fd, const char *message, size_t size, const char *what)
{
    char buf[LONGEST];
    struct xg_error err;

    if ( xg_read(fd, buf, size, &err) )
        fprintf(stderr, "migration: the other end went away before its %s\n",
                what);
    else if ( memcmp(buf, message, size) )
        fprintf(stderr, "migration: the other end sent no %s\n", what);
    else
        return true;
    return false;
}

static bool rename_domain(uint32_t domid, const char *name, const char *suffix)
{
    char new_name[256];

    if ( snprintf(new_name, sizeof(new_name), "%s%s", name, suffix) >=
         (int)sizeof(new_name) )
    {
        fprintf(stderr, "migration: the domain's name is too long\n");
        return false;
    }
    return !libxl_domain_rename(ctx, domid, new_name);
}

/* --- the sender --- */

struct transport
{
    pid_t pid;
    int to, from;
};

static bool start_transport(struct transport *t, const char *command)
{
    int in[2], out[2];

    if ( pipe(in) || pipe(out) || (t->pid = fork()) < 0 )
    {
        perror("xl: starting the transport");
        return false;
    }
    if ( !t->pid )
    {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execlp("sh", "sh", "-c", command, (char *)NULL);
        perror("xl: sh");
        _exit(EXIT_FAILURE);
    }
    close(in[0]);
    close(out[1]);
    t->to = in[1];
    t->from = out[0];
    /* That nobody reads any more is an error like others. */
    signal(SIGPIPE, SIG_IGN);
    return true;
}

static void end_transport(const struct transport *t)
{
    close(t->to);
    close(t->from);
    while ( waitpid(t->pid, NULL, 0) < 0 && errno == EINTR )
        ;
}

/* Up to the point where the receiver has all of it: the domain is ours. */
static bool send_domain(const struct transport *t, uint32_t domid,
                        const libxl_domain_config *config, unsigned int flags)
{
    if ( !get(t->from, BANNER, sizeof(BANNER) - 1, "banner") )
        return false;
    /* From here to the end we owe it to the domain to see to it. */
    catch_signals(true);
    return savefile_write(t->to, "migration stream", config) &&
           !libxl_domain_suspend(ctx, domid, t->to,
                                 flags | LIBXL_SUSPEND_LIVE) &&
           get(t->from, READY, sizeof(READY), "word that it has the domain");
}

/* 0 it runs there, 1 it runs neither here nor there, -1 nobody knows. */
static int hand_over(const struct transport *t)
{
    struct xg_error err;
    uint8_t status;

    if ( !put(t->to, GO, sizeof(GO)) ||
         !get(t->from, REPORT, sizeof(REPORT), "report") ||
         xg_read(t->from, &status, sizeof(status), &err) )
        return -1;
    if ( !status )
        return 0;
    fprintf(stderr, "migration sender: the target could not start it (%u)\n",
            status);
    return get(t->from, GO, sizeof(GO), "permission to resume") ? 1 : -1;
}

static int migrate(const char *name, const char *command, unsigned int flags)
{
    uint32_t domid = find_domain(name);
    libxl_domain_config config;
    int ret = EXIT_FAILURE;
    struct transport t;

    libxl_domain_config_init(&config);
    if ( libxl_retrieve_domain_configuration(ctx, domid, &config) ||
         !start_transport(&t, command) )
    {
        libxl_domain_config_dispose(&config);
        return EXIT_FAILURE;
    }
    if ( !send_domain(&t, domid, &config, flags) ||
         !rename_domain(domid, config.c_info.name, "--migratedaway") )
    {
        fprintf(stderr, "Not migrated: the domain goes on here.\n");
        (void)libxl_domain_resume(ctx, domid);
        goto out;
    }
    switch ( hand_over(&t) )
    {
    case 0:
        ret = xl_exit(libxl_domain_destroy(ctx, domid));
        fprintf(stderr, "Migrated.\n");
        break;
    case 1:
        (void)rename_domain(domid, config.c_info.name, "");
        (void)libxl_domain_resume(ctx, domid);
        fprintf(stderr,
                "Not migrated: the receiving side could not take it.\n");
        break;
    default:
        fprintf(stderr,
                "Migration failed at the last step: the domain may run at the "
                "other end or not.\nLook there first. If it does not, rename "
                "and unpause \"%s--migratedaway\" here; never both.\n",
                config.c_info.name);
    }

out:
    end_transport(&t);
    catch_signals(false);
    libxl_domain_config_dispose(&config);
    return ret;
}

/* Options without a letter of their own. */
enum
{
    OPTION_DEBUG = 1,
    OPTION_LIVE,
};

int main_migrate(int argc, char **argv)
{
    static const struct long_name names[] = { { "debug", OPTION_DEBUG },
                                              { "live", OPTION_LIVE },
                                              { NULL, 0 } };
    const char *ssh = DEFAULT_SSH, *host, *receive_options = "";
    unsigned int flags = 0;
    char *command;
    int opt, n, ret;

    FOREACH_LONG_OPTION(opt, argc, argv, "s:ep", names, 2)
    {
    case OPTION_DEBUG:
        flags |= LIBXL_SUSPEND_DEBUG;
        break;
    case OPTION_LIVE: /* it always is */
        break;
    case 's':
        ssh = optarg;
        break;
    case 'e':
        receive_options = " -e";
        break;
    case 'p':
        receive_options = " -p";
        break;
    }
    host = argv[optind + 1];
    /* Without a program to reach it, the host is the command itself. */
    n = *ssh ? asprintf(&command, "exec %s %s xl migrate-receive%s", ssh, host,
                        receive_options)
             : asprintf(&command, "%s", host);
    if ( n < 0 )
    {
        fprintf(stderr, "xl: out of memory\n");
        return EXIT_FAILURE;
    }
    ret = migrate(argv[optind], command, flags);
    free(command);
    return ret;
}

/* --- the receiver --- */

static bool start_received(uint32_t domid, const char *name, bool paused)
{
    return get(STDIN_FILENO, GO, sizeof(GO), "permission to start") &&
           rename_domain(domid, name, "") &&
           (paused || !libxl_domain_unpause(ctx, domid));
}

/* It was created: take it over from the sender. */
static bool take_over(uint32_t domid, const char *name, bool paused)
{
    bool started;
    char status;

    if ( !put(STDOUT_FILENO, READY, sizeof(READY)) )
    {
        (void)libxl_domain_destroy(ctx, domid);
        return false;
    }
    started = start_received(domid, name, paused);
    status = !started;
    if ( !started )
        (void)libxl_domain_destroy(ctx, domid);
    if ( put(STDOUT_FILENO, REPORT, sizeof(REPORT)) &&
         put(STDOUT_FILENO, &status, sizeof(status)) && !started )
        (void)put(STDOUT_FILENO, GO, sizeof(GO));
    return started;
}

int main_migrate_receive(int argc, char **argv)
{
    bool paused = false, no_wait = false;
    libxl_domain_config config;
    int opt, ret = EXIT_FAILURE;
    uint32_t domid;
    char *name;

    FOREACH_OPTION(opt, argc, argv, "edp", 0)
    {
    case 'd': /* more messages, says Xen's xl */
        break;
    case 'e':
        no_wait = true;
        break;
    case 'p':
        paused = true;
        break;
    }
    signal(SIGPIPE, SIG_IGN);
    if ( !put(STDOUT_FILENO, BANNER, sizeof(BANNER) - 1) )
        return EXIT_FAILURE;

    libxl_domain_config_init(&config);
    if ( !savefile_read(STDIN_FILENO, "<incoming migration stream>", true,
                        &config) ||
         !config.c_info.name )
        goto out;
    /* The sender's domain keeps the name until this one is whole. */
    name = config.c_info.name;
    if ( asprintf(&config.c_info.name, "%s--incoming", name) < 0 )
        config.c_info.name = NULL;
    if ( !libxl_domain_create_restore(ctx, &config, STDIN_FILENO, true,
                                      &domid) &&
         take_over(domid, name, paused) )
        ret = EXIT_SUCCESS;
    free(config.c_info.name);
    config.c_info.name = name;

    if ( ret == EXIT_SUCCESS && !no_wait && !into_background(name) )
        _exit(see_to_end(domid, &config));
out:
    libxl_domain_config_dispose(&config);
    return ret;
}
