/* SPDX-License-Identifier: MIT */
/* Messages: levels, prefixes, time stamps, rate limits. */

/*
 * A message may hold several lines or part of one; each line begins with a
 * prefix and may begin with a level. Lines go to the ring and to the
 * channels. Levels below the lower threshold always pass, those between the
 * two thresholds pass a rate limit, the rest is dropped; guests' messages
 * have thresholds of their own. One lock orders all output.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#define LEVEL_DEFAULT 1 /* of a line that names none: a warning */
#define LEVEL_NONE    (-1)
#define LEVEL_ALL     99

struct threshold
{
    int always, limited;
};

static struct threshold host_threshold = { 2, 2 };
static struct threshold guest_threshold = { 0, 1 };

static const struct
{
    const char *name;
    int level;
} level_names[] = {
    { "none", LEVEL_NONE }, { "error", 0 }, { "warning", 1 },
    { "info", 2 },          { "debug", 3 }, { "all", LEVEL_ALL },
};

static int parse_level(const char *s, size_t len, int *level)
{
    for ( size_t i = 0; i < ARRAY_SIZE(level_names); i++ )
        if ( strlen(level_names[i].name) == len &&
             strncmp(level_names[i].name, s, len) == 0 )
        {
            *level = level_names[i].level;
            return 0;
        }
    return -EINVAL;
}

static const char *level_name(int level)
{
    for ( size_t i = 0; i < ARRAY_SIZE(level_names); i++ )
        if ( level_names[i].level == level )
            return level_names[i].name;
    return "";
}

static void show_threshold(const struct threshold *t, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s", level_name(t->always), level_name(t->limited));
}

/* LEVEL[/LEVEL]: always, and with a rate limit. */
static int parse_threshold(const char *s, struct threshold *out)
{
    const char *slash = strchr(s, '/');
    struct threshold t;

    if ( parse_level(s, slash ? (size_t)(slash - s) : strlen(s), &t.always) )
        return -EINVAL;
    t.limited = t.always;
    if ( slash && parse_level(slash + 1, strlen(slash + 1), &t.limited) )
        return -EINVAL;
    *out = t;
    return 0;
}

static int parse_loglvl(const char *s)
{
    return parse_threshold(s, &host_threshold);
}

static void show_loglvl(char *buf, size_t size)
{
    show_threshold(&host_threshold, buf, size);
}
runtime_param("loglvl", parse_loglvl, show_loglvl);

static int parse_guest_loglvl(const char *s)
{
    return parse_threshold(s, &guest_threshold);
}

static void show_guest_loglvl(char *buf, size_t size)
{
    show_threshold(&guest_threshold, buf, size);
}
runtime_param("guest_loglvl", parse_guest_loglvl, show_guest_loglvl);

static enum stamp_kind {
    STAMP_NONE,
    STAMP_DATE,
    STAMP_DATEMS,
    STAMP_BOOT,
    STAMP_RAW,
} stamp_kind;

static const char *const stamp_names[] = {
    [STAMP_NONE] = "none", [STAMP_DATE] = "date", [STAMP_DATEMS] = "datems",
    [STAMP_BOOT] = "boot", [STAMP_RAW] = "raw",
};

static int parse_stamps(const char *s)
{
    int b = parse_bool(s, strlen(s));

    if ( *s == '\0' || b >= 0 )
    {
        stamp_kind = b == 0 ? STAMP_NONE : STAMP_DATE;
        return 0;
    }
    for ( size_t i = 0; i < ARRAY_SIZE(stamp_names); i++ )
        if ( strcmp(stamp_names[i], s) == 0 )
        {
            stamp_kind = i;
            return 0;
        }
    return -EINVAL;
}

static void show_stamps(char *buf, size_t size)
{
    strlcpy(buf, stamp_names[stamp_kind], size);
}
runtime_param("console_timestamps", parse_stamps, show_stamps);

static void format_date(char *buf, size_t size, bool ms)
{
    s_time_t now = NOW();
    uint64_t ns = wallclock_base_nsec() + (uint64_t)now;
    uint64_t sec = wallclock_base_sec() + ns / 1000000000;
    struct civil_time t = civil_from_seconds(sec);

    ns %= 1000000000;
    if ( ms )
        snprintf(buf, size, "[%04u-%02u-%02u %02u:%02u:%02u.%03u] ", t.year,
                 t.month, t.day, t.hour, t.minute, t.second,
                 (unsigned int)(ns / 1000000));
    else
        snprintf(buf, size, "[%04u-%02u-%02u %02u:%02u:%02u] ", t.year, t.month,
                 t.day, t.hour, t.minute, t.second);
}

static void format_stamp(char *buf, size_t size)
{
    uint64_t us;

    buf[0] = '\0';
    switch ( stamp_kind )
    {
    case STAMP_NONE:
        break;
    case STAMP_DATE:
    case STAMP_DATEMS:
        format_date(buf, size, stamp_kind == STAMP_DATEMS);
        break;
    case STAMP_BOOT:
        us = (uint64_t)NOW() / 1000;
        snprintf(buf, size, "[%5u.%06u] ", (unsigned int)(us / 1000000),
                 (unsigned int)(us % 1000000));
        break;
    case STAMP_RAW:
        snprintf(buf, size, "[%016lx] ", (unsigned long)time_raw());
        break;
    }
}

/* A burst of messages, then one per interval; what was dropped is told. */
#define RATE_BURST    10
#define RATE_INTERVAL MILLISECS(500)

static bool rate_limit_passes(unsigned int *dropped)
{
    static unsigned int tokens = RATE_BURST, missed;
    static s_time_t last;
    s_time_t now = NOW();
    s_time_t earned = (now - last) / RATE_INTERVAL;

    if ( earned > 0 )
    {
        tokens = earned > RATE_BURST ? RATE_BURST
                                     : min(tokens + (unsigned int)earned,
                                           (unsigned int)RATE_BURST);
        last = now;
    }
    *dropped = 0;
    if ( tokens == 0 )
    {
        missed++;
        return false;
    }
    tokens--;
    *dropped = missed;
    missed = 0;
    return true;
}

/* Take "<n>" and "<G>" off the beginning of a line. */
static const char *take_level(const char *s, int *level, bool *guest)
{
    while ( s[0] == '<' && s[1] != '\0' && s[2] == '>' &&
            (s[1] == 'G' || (s[1] >= '0' && s[1] <= '3')) )
    {
        if ( s[1] == 'G' )
            *guest = true;
        else
            *level = s[1] - '0';
        s += 3;
    }
    return s;
}

static spinlock_t printk_lock = SPIN_LOCK_UNLOCKED; /* all below; innermost */
static bool at_line_start = true, passing;
static char text[1024];

static void emit(const char *s, size_t n)
{
    console_ring_write(s, n);
    console_write(s, n);
}

static void begin_line(const char *prefix, bool guest, int level)
{
    const struct threshold *t = guest ? &guest_threshold : &host_threshold;
    unsigned int dropped = 0;
    char stamp[48];

    passing = level <= t->always ||
              (level <= t->limited && rate_limit_passes(&dropped));
    if ( !passing )
        return;
    if ( dropped != 0 )
    {
        snprintf(stamp, sizeof(stamp), "(%u messages left out)\n", dropped);
        emit(prefix, strlen(prefix));
        emit(stamp, strlen(stamp));
    }
    emit(prefix, strlen(prefix));
    format_stamp(stamp, sizeof(stamp));
    emit(stamp, strlen(stamp));
}

void vprintk_prefix(const char *prefix, bool guest, const char *fmt, va_list ap)
{
    const char *s = text;

    spin_lock(&printk_lock);
    vsnprintf(text, sizeof(text), fmt, ap);
    while ( *s )
    {
        const char *eol;
        size_t n;

        if ( at_line_start )
        {
            int level = LEVEL_DEFAULT;
            bool of_guest = guest;

            s = take_level(s, &level, &of_guest);
            begin_line(prefix, of_guest, level);
        }
        eol = strchr(s, '\n');
        n = eol ? (size_t)(eol - s) + 1 : strlen(s);
        if ( passing )
            emit(s, n);
        at_line_start = eol != NULL;
        s += n;
    }
    spin_unlock(&printk_lock);
}

/* For a panic: whoever held the lock will not give it back. */
static bool lock_broken;

bool console_is_broken(void)
{
    return lock_broken;
}

void printk_break_lock(void)
{
    lock_broken = true;
    spin_lock_init(&printk_lock);
    if ( !at_line_start )
        emit("\n", 1);
    at_line_start = true;
}

void vprintk(const char *fmt, va_list ap)
{
    vprintk_prefix("(NIDUS) ", false, fmt, ap);
}

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}
