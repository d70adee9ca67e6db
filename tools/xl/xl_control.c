/* SPDX-License-Identifier: MIT */
/* xl commands that act on running domains. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

int main_pause(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    return xl_exit(libxl_domain_pause(ctx, find_domain(argv[optind])));
}

int main_unpause(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    return xl_exit(libxl_domain_unpause(ctx, find_domain(argv[optind])));
}

int main_destroy(int argc, char **argv)
{
    uint32_t domid;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "f", 1)
    {
    case 'f':
        force_execution = true;
        break;
    }
    domid = find_domain(argv[optind]);
    if ( !domid && !force_execution )
    {
        fprintf(stderr, "Not destroying domain 0; use -f to force.\n"
                        "This can only be done when using a disaggregated "
                        "hardware domain and toolstack.\n\n");
        return EXIT_FAILURE;
    }
    return xl_exit(libxl_domain_destroy(ctx, domid));
}

static int wait_for_end(uint32_t domid)
{
    libxl_event_type type;
    unsigned int reason = 0;
    int rc = libxl_wait_domain_end(ctx, domid, &type, &reason);

    if ( rc )
        return rc;
    if ( type == LIBXL_EVENT_DOMAIN_DEATH )
        printf("Domain %u has been destroyed\n", domid);
    else
        printf("Domain %u has been shut down, reason code %u\n", domid, reason);
    return 0;
}

/* Ask all of them first, then wait: they go down side by side. */
static int ask_all(int (*ask)(libxl_ctx *, uint32_t), const char *doing,
                   bool wait)
{
    int nr, i, rc, result = 0;
    libxl_dominfo *list = libxl_list_domain(ctx, &nr);

    if ( !list )
        return EXIT_FAILURE;
    for ( i = 0; i < nr; i++ )
    {
        if ( !list[i].domid )
            continue;
        fprintf(stderr, "%s domain %u\n", doing, list[i].domid);
        rc = ask(ctx, list[i].domid);
        if ( rc )
        {
            result = rc;
            list[i].domid = 0; /* nothing to wait for */
        }
    }
    for ( i = 0; wait && i < nr; i++ )
        if ( list[i].domid && (rc = wait_for_end(list[i].domid)) )
            result = rc;
    free(list);
    return xl_exit(result);
}

static int shutdown_or_reboot(int argc, char **argv,
                              int (*ask)(libxl_ctx *, uint32_t),
                              const char *doing)
{
    static const struct long_name names[] = { { "all", 'a' },
                                              { "wait", 'w' },
                                              { NULL, 0 } };
    bool all = false, wait = false;
    uint32_t domid;
    int opt, rc;

    FOREACH_LONG_OPTION(opt, argc, argv, "awF", names, 0)
    {
    case 'a':
        all = true;
        break;
    case 'w':
        wait = true;
        break;
    case 'F':
        break; /* there is no ACPI power button to fall back to */
    }
    if ( all == (optind < argc) )
    {
        fprintf(stderr, all ? "You can't specify both -a and a domain.\n"
                            : "You must specify -a or a domain id.\n\n");
        return EXIT_FAILURE;
    }
    if ( all )
        return ask_all(ask, doing, wait);

    domid = find_domain(argv[optind]);
    fprintf(stderr, "%s domain %u\n", doing, domid);
    rc = ask(ctx, domid);
    if ( !rc && wait )
        rc = wait_for_end(domid);
    return xl_exit(rc);
}

int main_shutdown(int argc, char **argv)
{
    return shutdown_or_reboot(argc, argv, libxl_domain_shutdown,
                              "Shutting down");
}

int main_reboot(int argc, char **argv)
{
    return shutdown_or_reboot(argc, argv, libxl_domain_reboot, "Rebooting");
}

int main_sysrq(int argc, char **argv)
{
    const char *key;
    uint32_t domid;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    domid = find_domain(argv[optind]);
    key = argv[optind + 1];
    if ( strlen(key) != 1 )
    {
        fprintf(stderr, "Invalid sysrq key \"%s\": one letter\n", key);
        return EXIT_FAILURE;
    }
    return xl_exit(libxl_send_sysrq(ctx, domid, *key));
}

int main_dump_core(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    return xl_exit(libxl_domain_core_dump(ctx, find_domain(argv[optind]),
                                          argv[optind + 1]));
}

int main_trigger(int argc, char **argv)
{
    static const char *const triggers[] = {
        [XEN_DOMCTL_SENDTRIGGER_NMI] = "nmi",
        [XEN_DOMCTL_SENDTRIGGER_RESET] = "reset",
        [XEN_DOMCTL_SENDTRIGGER_INIT] = "init",
        [XEN_DOMCTL_SENDTRIGGER_POWER] = "power",
        [XEN_DOMCTL_SENDTRIGGER_SLEEP] = "sleep",
    };
    unsigned long vcpu = 0;
    uint32_t domid;
    size_t i;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    domid = find_domain(argv[optind]);
    if ( argc - optind > 2 &&
         !parse_number(argv[optind + 2], UINT32_MAX, &vcpu) )
    {
        fprintf(stderr, "Invalid vcpu \"%s\"\n", argv[optind + 2]);
        return EXIT_FAILURE;
    }
    for ( i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++ )
        if ( !strcmp(argv[optind + 1], triggers[i]) )
            return xl_exit(libxl_send_trigger(ctx, domid, i, vcpu));
    fprintf(stderr, "Invalid trigger \"%s\"\n", argv[optind + 1]);
    return EXIT_FAILURE;
}
