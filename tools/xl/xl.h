/* SPDX-License-Identifier: MIT */
/* What the files of xl share. */
#ifndef XL_H
#define XL_H

#include <stdbool.h>
#include <stdint.h>

#include "libxl.h"

/* The program's one context and the options before the command's name. */
extern libxl_ctx *ctx;
extern xentoollog_logger_stdiostream *logger;
extern bool dryrun_only, force_execution;

struct cmd_spec
{
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command; exit code */
    bool dry_run;                      /* does -N make sense for it? */
    bool late_context;                 /* calls need_context() itself */
    const char *summary;
    const char *arguments;
    const char *options; /* null: none; else lines for help */
};

extern const struct cmd_spec cmd_table[];
extern const unsigned int cmd_table_size;

const struct cmd_spec *cmd_lookup(const char *name);
/* Why a command of Xen's xl is not there; null for others. */
const char *cmd_unsupported(const char *name);

/* --- xl_utils.c --- */

/* Connect to the hypervisor, or end with a message. */
void need_context(void);

/* Usage of a command, to stdout. */
void help(const char *command);

/* A long name for an option's letter; getopt() knows which have an argument. */
struct long_name
{
    const char *name;
    char letter;
};

/*
 * getopt_long() that knows -h and says what is wrong: -1 at the end; ask for
 * exit code by *exit_code >= 0. names: ends with a null name, or null.
 * required: how many arguments must follow.
 */
int next_option(int argc, char **argv, const char *options,
                const struct long_name *names, int required, int *exit_code);

/*
 * Loop over a command's options: case labels follow, `break` between them.
 * Returns from the command when there is nothing left for it to do.
 */
#define FOREACH_LONG_OPTION(opt, argc, argv, options, names, required) \
    for ( int exit_code_ = -1;                                         \
          (opt = next_option(argc, argv, options, names, required,     \
                             &exit_code_)) != -1; )                    \
        if ( exit_code_ >= 0 )                                         \
            return exit_code_;                                         \
        else                                                           \
            switch ( opt )

#define FOREACH_OPTION(opt, argc, argv, options, required) \
    FOREACH_LONG_OPTION(opt, argc, argv, options, NULL, required)

/*
 * The file of a configuration that stands before all options, taken out of the
 * arguments, as what has an equals sign is a setting; or null.
 */
const char *take_leading_file(int *argc, char ***argv);

/* The domain that an argument names, or the end with a message. */
uint32_t find_domain(const char *name);
/* The name, or "(null)"; malloc()ed. */
char *domain_name(uint32_t domid);
void *xl_alloc(size_t n, size_t size);
void *xl_realloc(void *p, size_t n, size_t size);
char *xl_strdup(const char *s);
/* "512", "512m", "2G" in KiB, MiB when there is no unit; -1 if it is none. */
int64_t parse_mem_kb(const char *text);
bool parse_number(const char *text, unsigned long max, unsigned long *out);
/* 1,3-5 */
void print_bitmap(const uint8_t *map, unsigned int nr, FILE *f);
/* Exit code of a libxl call. */
int xl_exit(int rc);

/* --- a domain's life: xl_monitor.c --- */

struct start_options
{
    bool paused, console;
    bool foreground, no_wait; /* see to its end here, or not at all */
};

/* Start a domain that was created; EXIT_*. What fails to start is destroyed. */
int start_domain(uint32_t domid, libxl_domain_config *config,
                 const struct start_options *o);
/* > 0: we are the parent. 0: we are in the background now. */
pid_t into_background(const char *name);
/* Wait for the end of the domain and act on it, again if it is restarted. */
int see_to_end(uint32_t domid, libxl_domain_config *config);
/* A domain is created as a whole or not at all, whatever key is pressed. */
void catch_signals(bool catch);

/* --- configuration: xl_parse.c (mapping), xl_parse_value.c (texts) --- */

/* Fill in the domain's configuration; errors are told. false: refused. */
struct cfg;
bool parse_domain_config(struct cfg *cfg, libxl_domain_config *config);

/* What the host's xl.conf says about all that this one leaves open. */
void apply_host_defaults(libxl_domain_config *config);

/*
 * Replace a configuration by what xl config-update has stored for the domain;
 * false if there is nothing of use.
 */
bool load_updated_config(uint32_t domid, libxl_domain_config *config);

/* "0-3,^1", "all", "5"; -1 if it makes no sense. */
int parse_cpu_range(const char *text, libxl_bitmap *map);
int parse_tsc_mode(const char *text, uint32_t *mode);
int parse_timer_mode(const char *text, int *mode);

/* --- JSON: xl_json.c --- */

/* [ { domid, config }, ... ] */
void print_config_list(const libxl_dominfo *list, int nr);
void print_config(int domid, const libxl_domain_config *config);

#endif
