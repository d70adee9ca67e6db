/* SPDX-License-Identifier: MIT */
/* Layout of the image: where each section goes, in memory and in the file. */
#include <asm/config.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(start)

#define LOADED(section) AT(ADDR(section) - IMAGE_OFFSET)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
}

SECTIONS
{
    . = XEN_VIRT_BASE;
    _start = .;

    .text : LOADED(.text)
    {
        *(.head)
        *(.text .text.*)
        *(.init.text)
        _etext = .;
    } :text

    . = ALIGN(4096);
    _srodata = .;
    .rodata : LOADED(.rodata)
    {
        *(.rodata .rodata.*)
        . = ALIGN(8);
        __start_ex_table = .;
        KEEP(*(.ex_table))
        __stop_ex_table = .;
        . = ALIGN(8);
        __start_nidus_params = .;
        KEEP(*(nidus_params))
        __stop_nidus_params = .;
    } :rodata

    . = ALIGN(4096);
    _sdata = .;
    .data : LOADED(.data)
    {
        *(.data.page_aligned)
        *(.data .data.*)
        *(.init.data)
        /* Last, so that adding it moves no function it names. */
        . = ALIGN(8);
        KEEP(*(.symbols))
        . = ALIGN(4096);
        _edata = .;
    } :data

    .bss : LOADED(.bss)
    {
        *(.bss.page_aligned)
        *(.bss .bss.*)
        *(COMMON)
        . = ALIGN(4096);
    } :data
    _end = .;

    /DISCARD/ :
    {
        *(.comment)
        *(.note.*)
        *(.eh_frame)
    }
}
