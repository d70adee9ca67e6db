/* SPDX-License-Identifier: MIT */
/* Which channels messages go to, and where input goes. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

#define MAX_ACTIVE 4
#define FALLBACK   "e9"

static char opt_console[64] = "com1,vga";
string_param("console", opt_console);

static uint64_t opt_conring_size;
size_param("conring_size", opt_conring_size);

static bool opt_sync_console;
boolean_param("sync_console", opt_sync_console);

static const struct console_channel *active[MAX_ACTIVE];
static unsigned int nr_active;
static bool sync_output;

static bool activate(const char *name, size_t len)
{
    for ( const struct console_channel *const *c = console_channels; *c; c++ )
        if ( strlen((*c)->name) == len && strncmp((*c)->name, name, len) == 0 )
        {
            if ( nr_active < MAX_ACTIVE && (*c)->init() )
                active[nr_active++] = *c;
            return true;
        }
    return len == 0 || strncmp("none", name, len) == 0;
}

void console_init(void)
{
    const char *s = opt_console, *unknown = NULL;

    while ( *s )
    {
        const char *comma = strchr(s, ',');
        size_t len = comma ? (size_t)(comma - s) : strlen(s);

        if ( !activate(s, len) && unknown == NULL )
            unknown = s;
        s += len + (comma != NULL);
    }
    /* Port 0xe9 disturbs nobody, and a hypervisor below may read it. */
    if ( nr_active == 0 && strcmp(opt_console, "none") != 0 )
        (void)activate(FALLBACK, strlen(FALLBACK));
    sync_output = opt_sync_console;
    if ( unknown != NULL )
        printk(XENLOG_WARNING "There is no such console: %s\n", unknown);
}

void console_write(const char *s, size_t n)
{
    for ( unsigned int i = 0; i < nr_active; i++ )
    {
        active[i]->write(s, n);
        if ( sync_output )
            active[i]->flush();
    }
}

void console_flush(void)
{
    for ( unsigned int i = 0; i < nr_active; i++ )
        active[i]->flush();
}

void console_start_sync(void)
{
    sync_output = true;
    console_flush();
}

/* Give the ring the size asked for, now that there is memory. */
void console_init_ring(void)
{
    unsigned int order = 0;
    char *buffer;

    if ( opt_conring_size == 0 )
        return;
    while ( (PAGE_SIZE << order) < opt_conring_size && order < 12 )
        order++;
    buffer = alloc_xenheap_pages(order);
    if ( buffer != NULL )
        console_ring_resize(buffer, PAGE_SIZE << order);
}

static bool opt_console_to_ring;
boolean_param("console_to_ring", opt_console_to_ring);

void console_hwdom_write(const char *s, size_t n)
{
    if ( opt_console_to_ring )
        console_ring_write(s, n);
    console_write(s, n);
}

/*
 * Input belongs to Dom0, until the switch character was typed three times
 * in a row; then it is debug keys until it was typed three times again.
 */
#define SWITCH_COUNT 3

static char switch_char = 'a' - 'a' + 1; /* Ctrl-A */

/* conswitch=LETTER: that one with Ctrl; Xen's second character is ignored. */
static int parse_conswitch(const char *s)
{
    char c = s[0] | 0x20;

    if ( c < 'a' || c > 'z' || (s[1] != '\0' && s[2] != '\0') )
        return -EINVAL;
    switch_char = c - 'a' + 1;
    return 0;
}

static void show_conswitch(char *buf, size_t size)
{
    snprintf(buf, size, "%c", switch_char + 'a' - 1);
}
runtime_param("conswitch", parse_conswitch, show_conswitch);

static spinlock_t input_lock = SPIN_LOCK_UNLOCKED; /* the next two */
static char input[256];
static unsigned int input_head, input_tail;
static void (*input_hook)(void);
static unsigned int switch_seen;
static bool to_hypervisor;

void console_set_input_hook(void (*fn)(void))
{
    input_hook = fn;
}

void console_input(char c)
{
    if ( c == switch_char && ++switch_seen == SWITCH_COUNT )
    {
        switch_seen = 0;
        to_hypervisor = !to_hypervisor;
        printk("*** Serial input to %s (type Ctrl-%c three times to switch)\n",
               to_hypervisor ? "Nidus" : "Dom0", switch_char - 1 + 'A');
        return;
    }
    if ( c != switch_char )
        switch_seen = 0;
    if ( to_hypervisor )
    {
        if ( c != switch_char )
            handle_keypress(c);
        return;
    }
    spin_lock(&input_lock);
    if ( input_head - input_tail < sizeof(input) )
        input[input_head++ % sizeof(input)] = c;
    spin_unlock(&input_lock);
    if ( input_hook != NULL )
        input_hook();
}

size_t console_hwdom_read(char *buf, size_t max)
{
    size_t n = 0;

    spin_lock(&input_lock);
    while ( n < max && input_tail != input_head )
        buf[n++] = input[input_tail++ % sizeof(input)];
    spin_unlock(&input_lock);
    return n;
}
