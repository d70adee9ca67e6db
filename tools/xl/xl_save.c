/* SPDX-License-Identifier: MIT */
/* xl save and xl restore: a domain's image in a file. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfg.h>

#include "xl_cmds.h"
#include "xl_savefile.h"

/* What is to become of the domain that was saved. */
enum after_save
{
    DESTROY,
    GO_ON,
    STAY_PAUSED,
};

/* A file's settings replace those stored, as far as it makes any. */
static bool read_override(const char *file, libxl_domain_config *config)
{
    struct cfg *cfg = cfg_new(NULL, NULL);
    bool ok;

    if ( !cfg )
    {
        fprintf(stderr, "xl: out of memory\n");
        return false;
    }
    fprintf(stderr, "Parsing config from %s\n", file);
    ok = !cfg_parse_file(cfg, file);
    if ( ok )
    {
        libxl_domain_config_dispose(config);
        libxl_domain_config_init(config);
        ok = parse_domain_config(cfg, config);
    }
    cfg_free(cfg);
    return ok;
}

static int finish_save(uint32_t domid, enum after_save after)
{
    int rc = 0;

    if ( after == DESTROY )
        return libxl_domain_destroy(ctx, domid);
    if ( after == STAY_PAUSED )
        rc = libxl_domain_pause(ctx, domid);
    return rc ? rc : libxl_domain_resume(ctx, domid);
}

/* Is it on the disk, if the file is on one? The domain will be gone. */
static bool reaches_disk(int fd)
{
    return !fsync(fd) || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

static int save_to(int fd, const char *file, uint32_t domid,
                   const libxl_domain_config *config, enum after_save after)
{
    struct stat st;
    bool saved;

    /* A half image, and a domain that stays suspended, are of no use. */
    catch_signals(true);
    saved = savefile_write(fd, file, config) &&
            !libxl_domain_suspend(ctx, domid, fd, 0);
    catch_signals(false);
    if ( saved && !reaches_disk(fd) )
    {
        saved = false;
        fprintf(stderr, "xl: %s: %s\n", file, strerror(errno));
    }
    if ( close(fd) && saved )
    {
        saved = false;
        fprintf(stderr, "xl: %s: %s\n", file, strerror(errno));
    }
    if ( saved )
        return xl_exit(finish_save(domid, after));

    /* Half an image is of no use, and the domain is still there. */
    if ( !stat(file, &st) && S_ISREG(st.st_mode) )
        unlink(file);
    fprintf(stderr, "Failed to save domain, resuming domain\n");
    (void)libxl_domain_resume(ctx, domid);
    return EXIT_FAILURE;
}

static int save(const char *name, const char *file, const char *config_file,
                enum after_save after)
{
    uint32_t domid = find_domain(name);
    libxl_domain_config config;
    int fd, ret = EXIT_FAILURE;

    libxl_domain_config_init(&config);
    if ( libxl_retrieve_domain_configuration(ctx, domid, &config) ||
         (config_file && !read_override(config_file, &config)) )
        goto out;
    /* It has all that the domain keeps secret. */
    fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if ( fd < 0 )
    {
        fprintf(stderr, "xl: cannot create %s: %s\n", file, strerror(errno));
        goto out;
    }
    fprintf(stderr, "Saving to %s new xl format (info 0x3/0x0)\n", file);
    signal(SIGPIPE, SIG_IGN);
    ret = save_to(fd, file, domid, &config, after);

out:
    libxl_domain_config_dispose(&config);
    return ret;
}

int main_save(int argc, char **argv)
{
    enum after_save after = DESTROY;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "cp", 2)
    {
    case 'c':
        after = GO_ON;
        break;
    case 'p':
        after = STAY_PAUSED;
        break;
    }
    return save(argv[optind], argv[optind + 1], argv[optind + 2], after);
}

int main_restore(int argc, char **argv)
{
    struct start_options how = { 0 };
    const char *config_file = NULL, *file;
    libxl_domain_config config;
    int opt, fd, ret = EXIT_FAILURE;
    uint32_t domid;

    FOREACH_OPTION(opt, argc, argv, "FcCped", 1)
    {
    case 'F':
        how.foreground = true;
        break;
    case 'c':
    case 'C':
        how.console = true;
        break;
    case 'p':
        how.paused = true;
        break;
    case 'e':
        how.no_wait = true;
        break;
    }
    if ( optind + 1 < argc )
        config_file = argv[optind++];
    file = argv[optind];

    fd = open(file, O_RDONLY | O_CLOEXEC);
    if ( fd < 0 )
    {
        fprintf(stderr, "xl: cannot open %s: %s\n", file, strerror(errno));
        return EXIT_FAILURE;
    }
    libxl_domain_config_init(&config);
    if ( savefile_read(fd, file, false, &config) &&
         (!config_file || read_override(config_file, &config)) )
    {
        catch_signals(true);
        ret = libxl_domain_create_restore(ctx, &config, fd, false, &domid);
        catch_signals(false);
        ret = ret ? EXIT_FAILURE : start_domain(domid, &config, &how);
    }
    close(fd);
    libxl_domain_config_dispose(&config);
    return ret;
}
