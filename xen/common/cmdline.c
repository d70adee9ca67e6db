/* SPDX-License-Identifier: MIT */
/* Parsing the hypervisor's command line against the table of options. */
#include <xen/bootinfo.h>
#include <xen/cmdline.h>
#include <xen/lib.h>

/* The linker gathers the rows of all files between these two. */
extern const struct param __start_nidus_params[];
extern const struct param __stop_nidus_params[];

enum complaint_kind
{
    COMPLAINT_UNKNOWN,
    COMPLAINT_BAD_VALUE,
    COMPLAINT_NO_MEANING,
};

/* The console is not up when the options are read: complain later. */
struct complaint
{
    enum complaint_kind kind;
    const char *option; /* as written */
    const char *why;
};

static char text[BOOT_CMDLINE_MAX];  /* as given */
static char words[BOOT_CMDLINE_MAX]; /* cut up */
static const char *dom0_extra = "";
static struct complaint complaints[32];
static unsigned int nr_complaints;

static void complain(enum complaint_kind kind, const char *option,
                     const char *why)
{
    if ( nr_complaints < ARRAY_SIZE(complaints) )
        complaints[nr_complaints++] = (struct complaint){ kind, option, why };
}

int parse_bool(const char *s, size_t len)
{
    static const char yes[][8] = { "1", "yes", "on", "true", "enable" };
    static const char no[][8] = { "0", "no", "off", "false", "disable" };

    for ( size_t i = 0; i < ARRAY_SIZE(yes); i++ )
    {
        if ( strlen(yes[i]) == len && strncmp(s, yes[i], len) == 0 )
            return 1;
        if ( strlen(no[i]) == len && strncmp(s, no[i], len) == 0 )
            return 0;
    }
    return -1;
}

static int set_bool(const struct param *p, const char *value, bool negated)
{
    int b = value ? parse_bool(value, strlen(value)) : 1;

    if ( b < 0 )
        return -EINVAL;
    *(bool *)p->var = b ^ negated;
    return 0;
}

static int set_number(const struct param *p, const char *value)
{
    const char *end;
    uint64_t v = p->kind == PARAM_SIZE ? parse_size_and_unit(value, &end)
                                       : simple_strtoul(value, &end, 0);

    if ( end == value || *end != '\0' )
        return -EINVAL;
    if ( p->kind == PARAM_SIZE )
        *(uint64_t *)p->var = v;
    else if ( v > UINT32_MAX )
        return -EINVAL;
    else
        *(unsigned int *)p->var = v;
    return 0;
}

/* value is NULL when the option stands alone. */
static int set_param(const struct param *p, const char *value, bool negated)
{
    if ( p->kind == PARAM_BOOL )
        return set_bool(p, value, negated);
    if ( p->kind == PARAM_ACCEPTED )
        return 0;
    if ( p->kind == PARAM_CUSTOM )
        return p->fn(negated ? "no" : value ? value : "");
    if ( negated || value == NULL )
        return -EINVAL;
    if ( p->kind == PARAM_STRING )
        return strlcpy(p->var, value, p->len) < p->len ? 0 : -EINVAL;
    return set_number(p, value);
}

static const struct param *find_param(const char *name, size_t len)
{
    for ( const struct param *p = __start_nidus_params; p < __stop_nidus_params;
          p++ )
        if ( strlen(p->name) == len && strncmp(p->name, name, len) == 0 )
            return p;
    return NULL;
}

/* Also "no-name" and "noname", where "noname" is no option by itself. */
static const struct param *find_option(const char *name, size_t len,
                                       bool *negated)
{
    const struct param *p = find_param(name, len);

    *negated = false;
    if ( p != NULL || len <= 2 || strncmp(name, "no", 2) != 0 )
        return p;
    *negated = true;
    name += 2;
    len -= 2;
    if ( *name == '-' )
    {
        name++;
        len--;
    }
    p = find_param(name, len);
    return p != NULL && p->kind != PARAM_ACCEPTED && p->kind != PARAM_BOOL &&
                   p->kind != PARAM_CUSTOM
               ? NULL
               : p;
}

static void parse_option(const char *option)
{
    const char *value = strchr(option, '=');
    size_t len = value ? (size_t)(value - option) : strlen(option);
    bool negated;
    const struct param *p = find_option(option, len, &negated);

    if ( p == NULL )
        complain(COMPLAINT_UNKNOWN, option, NULL);
    else if ( p->kind == PARAM_ACCEPTED && p->text )
        complain(COMPLAINT_NO_MEANING, option, p->text);
    else if ( set_param(p, value ? value + 1 : NULL, negated) )
        complain(COMPLAINT_BAD_VALUE, option, NULL);
}

void cmdline_parse(const char *cmdline)
{
    char *p = words;

    strlcpy(text, cmdline, sizeof(text));
    strlcpy(words, cmdline, sizeof(words));
    nr_complaints = 0;
    dom0_extra = "";
    for ( ;; )
    {
        char *word;
        bool last;

        while ( *p == ' ' || *p == '\t' || *p == '\n' )
            p++;
        if ( *p == '\0' )
            return;
        word = p;
        while ( *p != '\0' && *p != ' ' && *p != '\t' && *p != '\n' )
            p++;
        last = *p == '\0';
        *p = '\0';
        p += !last;
        if ( strcmp(word, "--") == 0 )
        {
            while ( *p == ' ' || *p == '\t' )
                p++;
            dom0_extra = p;
            return;
        }
        /* Some loaders put the file's name first. */
        if ( word != words || word[0] != '/' )
            parse_option(word);
        if ( last )
            return;
    }
}

const struct param *param_runtime(unsigned int i)
{
    const struct param *p, *q;
    unsigned int before;

    for ( p = __start_nidus_params; p < __stop_nidus_params; p++ )
    {
        if ( !p->show )
            continue;
        before = 0;
        for ( q = __start_nidus_params; q < __stop_nidus_params; q++ )
            before += q->show && strcmp(q->name, p->name) < 0;
        if ( before == i )
            return p;
    }
    return NULL;
}

const char *cmdline_text(void)
{
    return text;
}

const char *cmdline_dom0_extra(void)
{
    return dom0_extra;
}

void cmdline_report(void)
{
    for ( unsigned int i = 0; i < nr_complaints; i++ )
    {
        const struct complaint *c = &complaints[i];

        switch ( c->kind )
        {
        case COMPLAINT_UNKNOWN:
            printk(XENLOG_WARNING "Unknown option on the command line: %s\n",
                   c->option);
            break;
        case COMPLAINT_BAD_VALUE:
            printk(XENLOG_WARNING "Option with a bad value, ignored: %s\n",
                   c->option);
            break;
        case COMPLAINT_NO_MEANING:
            printk(XENLOG_INFO "Option %s has no effect here: %s\n", c->option,
                   c->why);
            break;
        }
    }
}
