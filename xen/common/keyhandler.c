/* SPDX-License-Identifier: MIT */
/* Debug keys: one character, one handler. */
#include <xen/console.h>
#include <xen/lib.h>

static struct
{
    void (*fn)(unsigned char key);
    const char *description;
} keys[128];

/* What '*' asks for as well: it only shows something. */
static const char show_all[] = "qmitegrpdv";

void register_keyhandler(unsigned char key, void (*fn)(unsigned char key),
                         const char *description)
{
    if ( key >= ARRAY_SIZE(keys) )
        return;
    keys[key].fn = fn;
    keys[key].description = description;
}

static void list_keys(unsigned char key)
{
    printk("Debug keys ('%c' lists them, '*' asks for all that show):\n", key);
    for ( unsigned int k = 0; k < ARRAY_SIZE(keys); k++ )
        if ( keys[k].fn != NULL )
            printk(" key '%c' (0x%02x) => %s\n", k > ' ' ? k : '.', k,
                   keys[k].description);
}

void handle_keypress(unsigned char key)
{
    if ( key == 'h' )
        list_keys(key);
    else if ( key == '*' )
    {
        for ( const char *k = show_all; *k; k++ )
            if ( keys[(unsigned char)*k].fn != NULL )
                handle_keypress((unsigned char)*k);
    }
    else if ( key < ARRAY_SIZE(keys) && keys[key].fn != NULL )
    {
        printk("'%c' pressed -> %s\n", key > ' ' ? key : '.',
               keys[key].description);
        keys[key].fn(key);
    }
}
