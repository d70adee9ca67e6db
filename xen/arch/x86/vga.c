/* SPDX-License-Identifier: MIT */
/* Messages on the text screen that the boot loader left. */
#include <xen/bootinfo.h>
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/vga.h>

/* A cell is the character and its colours: light grey on black. */
#define CELL(c)      ((uint16_t)(0x0700 | (uint8_t)(c)))
#define CELL_SIZE    2
#define LEGACY_LIMIT MB(1) /* text screens are below, and mapped */
#define MAX_COLUMNS  256
#define MAX_ROWS     128

static char opt_vga[16];
string_param("vga", opt_vga);

static uint8_t *screen;
static unsigned int columns, rows, pitch, column, row;

static uint16_t *line(unsigned int n)
{
    return (uint16_t *)(void *)(screen + n * pitch);
}

static void clear_line(unsigned int n)
{
    for ( unsigned int i = 0; i < columns; i++ )
        line(n)[i] = CELL(' ');
}

static bool vga_init(void)
{
    paddr_t pa = boot_info.screen.pa;

    columns = boot_info.screen.columns;
    rows = boot_info.screen.rows;
    pitch = boot_info.screen.pitch;
    if ( pa == 0 || columns == 0 || columns > MAX_COLUMNS || rows == 0 ||
         rows > MAX_ROWS || pitch < columns * CELL_SIZE || pitch % CELL_SIZE ||
         pitch > LEGACY_LIMIT || pa >= LEGACY_LIMIT ||
         (uint64_t)pitch * rows > LEGACY_LIMIT - pa )
        return false;
    screen = maddr_to_virt(pa);
    for ( unsigned int i = 0; i < rows; i++ )
        clear_line(i);
    return true;
}

static void new_line(void)
{
    column = 0;
    if ( ++row < rows )
        return;
    row = rows - 1;
    memmove(screen, screen + pitch, pitch * row);
    clear_line(row);
}

static void vga_write(const char *s, size_t n)
{
    if ( screen == NULL )
        return;
    for ( ; n != 0; n--, s++ )
    {
        if ( *s == '\n' || column == columns )
            new_line();
        if ( (uint8_t)*s >= ' ' )
            line(row)[column++] = CELL(*s);
    }
}

static void vga_flush(void)
{
}

void vga_release(void)
{
    if ( strcmp(opt_vga, "keep") != 0 )
        screen = NULL;
}

const struct console_channel vga_console = { "vga", vga_init, vga_write,
                                             vga_flush };
