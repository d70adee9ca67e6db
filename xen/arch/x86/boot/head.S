/* SPDX-License-Identifier: MIT */
/* Entry from the boot loader: three protocols, then long mode, then C. */

/*
 * All three protocols (multiboot2, multiboot1, PVH) arrive in 32-bit protected
 * mode with paging off and flat segments; they differ in a magic number and in
 * what EBX points at. This code checks for long mode, makes tables that map
 * the low 4 GiB at 0, at the direct map and (the first GiB) below the image's
 * virtual address, and calls boot_main(magic, info).
 */
#include <asm/config.h>

#define PHYS(sym) ((sym) - IMAGE_OFFSET)

#define MB1_HEADER_MAGIC   0x1badb002
#define MB1_PAGE_ALIGN     0x1
#define MB1_MEMORY_INFO    0x2
#define MB1_FLAGS          (MB1_PAGE_ALIGN | MB1_MEMORY_INFO)
#define MB2_HEADER_MAGIC   0xe85250d6
#define MB2_ARCH_I386      0
#define MB2_TAG_END        0
#define MB2_TAG_REQUEST    1
#define MB2_TAG_ALIGN      6
#define MB2_OPTIONAL       1
#define MB2_INFO_CMDLINE   1
#define MB2_INFO_MODULE    3
#define MB2_INFO_MMAP      6
#define MB2_INFO_ACPI_OLD  14
#define MB2_INFO_ACPI_NEW  15
#define PVH_START_MAGIC    0x336ec578

#define PTE_PRESENT  0x001
#define PTE_WRITE    0x002
#define PTE_ACCESSED 0x020
#define PTE_DIRTY    0x040
#define PTE_LARGE    0x080
#define PTE_TABLE    (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define PTE_2M       (PTE_TABLE | PTE_DIRTY | PTE_LARGE)

#define L4_SLOT(va) (((va) >> 39) & 511)
#define L3_SLOT(va) (((va) >> 30) & 511)

#define CR0_PE      0x00000001
#define CR0_MP      0x00000002
#define CR0_ET      0x00000010
#define CR0_NE      0x00000020
#define CR0_WP      0x00010000
#define CR0_PG      0x80000000
#define CR4_PAE     0x00000020
#define CR4_PGE     0x00000080
#define MSR_EFER    0xc0000080
#define EFER_LME    0x100
#define EFER_NXE    0x800
#define CPUID_EXT   0x80000001
#define CPUID_NX    20
#define CPUID_LM    29

#define COM1        0x3f8
#define UART_LSR    5
#define LSR_THRE    0x20

        .section .head, "ax", @progbits

        .balign 8
mb1_header:
        .long MB1_HEADER_MAGIC
        .long MB1_FLAGS
        .long -(MB1_HEADER_MAGIC + MB1_FLAGS)

        .balign 8
mb2_header:
        .long MB2_HEADER_MAGIC
        .long MB2_ARCH_I386
        .long mb2_header_end - mb2_header
        .long -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (mb2_header_end - mb2_header))

        .balign 8
1:      .short MB2_TAG_REQUEST, MB2_OPTIONAL
        .long 2f - 1b
        .long MB2_INFO_CMDLINE, MB2_INFO_MODULE, MB2_INFO_MMAP
        .long MB2_INFO_ACPI_OLD, MB2_INFO_ACPI_NEW
2:
        .balign 8
1:      .short MB2_TAG_ALIGN, MB2_OPTIONAL
        .long 8
        .balign 8
        .short MB2_TAG_END, 0
        .long 8
mb2_header_end:

        .code32
        .balign 16
        .globl start, start_pvh
start_pvh:
        mov $PVH_START_MAGIC, %eax
start:
        cli
        cld
        mov %eax, %ebp
        mov %ebx, %esi
        mov $PHYS(cpu0_stack_top), %esp

        mov $0x80000000, %eax
        cpuid
        cmp $CPUID_EXT, %eax
        jb no_long_mode
        mov $CPUID_EXT, %eax
        cpuid
        bt $CPUID_LM, %edx
        jnc no_long_mode
        bt $CPUID_NX, %edx
        jnc no_nx

        /* 4 GiB in 2 MiB pages; the info of the loader is below that. */
        mov $PHYS(boot_l2), %edi
        mov $PTE_2M, %eax
        xor %ecx, %ecx
1:      mov %eax, (%edi)
        movl $0, 4(%edi)
        add $8, %edi
        add $0x200000, %eax
        inc %ecx
        cmp $2048, %ecx
        jne 1b

        movl $(PHYS(boot_l2) + 0x0000 + PTE_TABLE), PHYS(boot_l3)
        movl $(PHYS(boot_l2) + 0x1000 + PTE_TABLE), PHYS(boot_l3) + 8
        movl $(PHYS(boot_l2) + 0x2000 + PTE_TABLE), PHYS(boot_l3) + 16
        movl $(PHYS(boot_l2) + 0x3000 + PTE_TABLE), PHYS(boot_l3) + 24
        movl $(PHYS(boot_l2) + PTE_TABLE), \
             PHYS(boot_l3_image) + 8 * L3_SLOT(XEN_VIRT_BASE)
        movl $(PHYS(boot_l3) + PTE_TABLE), PHYS(boot_l4)
        movl $(PHYS(boot_l3) + PTE_TABLE), \
             PHYS(boot_l4) + 8 * L4_SLOT(DIRECTMAP_BASE)
        movl $(PHYS(boot_l3_image) + PTE_TABLE), \
             PHYS(boot_l4) + 8 * L4_SLOT(XEN_VIRT_BASE)

        mov $(CR4_PAE | CR4_PGE), %eax
        mov %eax, %cr4
        mov $PHYS(boot_l4), %eax
        mov %eax, %cr3
        mov $MSR_EFER, %ecx
        rdmsr
        or $(EFER_LME | EFER_NXE), %eax
        wrmsr
        mov $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        mov %eax, %cr0

        lgdt PHYS(boot_gdt_desc)
        ljmp $SEL_CODE64, $PHYS(1f)
        .code64
1:      mov $2f, %rax
        jmp *%rax
2:      mov $SEL_DATA, %ecx
        mov %ecx, %ds
        mov %ecx, %es
        mov %ecx, %ss
        xor %ecx, %ecx
        mov %ecx, %fs
        mov %ecx, %gs
        mov $cpu0_stack_top, %rsp
        lgdt boot_gdt_desc_high(%rip)

        mov %ebp, %edi
        mov %esi, %esi
        xor %ebp, %ebp
        call boot_main
        ud2

        /* Nothing works yet but the screen and a polled serial port. */
        .code32
no_long_mode:
        mov $PHYS(msg_no_long_mode), %esi
        jmp say
no_nx:
        mov $PHYS(msg_no_nx), %esi
say:
        mov $0xb8000, %edi
1:      lodsb
        test %al, %al
        jz 3f
        mov %al, (%edi)
        movb $0x07, 1(%edi)
        add $2, %edi
        mov %al, %ah
        mov $(COM1 + UART_LSR), %dx
        mov $0x10000, %ecx
2:      in (%dx), %al
        test $LSR_THRE, %al
        loopz 2b
        mov $COM1, %dx
        mov %ah, %al
        out %al, (%dx)
        jmp 1b
3:      hlt
        jmp 3b

msg_no_long_mode:
        .asciz "(NIDUS) This CPU has no 64-bit mode. Halted.\r\n"
msg_no_nx:
        .asciz "(NIDUS) This CPU has no execute-disable bit (or firmware turned it off). Halted.\r\n"

        .balign 8
boot_gdt:
        .quad 0
        .quad 0x00af9b000000ffff /* SEL_CODE64 */
        .quad 0x00cf93000000ffff /* SEL_DATA */
        .quad 0x00cf9b000000ffff /* SEL_CODE32 */
boot_gdt_end:
        .short 0
boot_gdt_desc:
        .short boot_gdt_end - boot_gdt - 1
        .long PHYS(boot_gdt)
        .short 0
boot_gdt_desc_high:
        .short boot_gdt_end - boot_gdt - 1
        .quad boot_gdt

        .section .bss.page_aligned, "aw", @nobits
        .balign 4096
        .globl cpu0_stack_guard, cpu0_stack, cpu0_stack_top
cpu0_stack_guard:
        .skip 4096
cpu0_stack:
        .skip STACK_SIZE
cpu0_stack_top:
        .globl boot_l4
boot_l4:
        .skip 4096
boot_l3:
        .skip 4096
boot_l3_image:
        .skip 4096
boot_l2:
        .skip 4 * 4096

        .section .note.GNU-stack, "", @progbits
