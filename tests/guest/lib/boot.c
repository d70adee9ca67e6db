/* SPDX-License-Identifier: MIT */
/* The first C code: bring up what every case needs, run it, report. */
#include <public/arch-x86/cpuid.h>

#include "lib.h"

extern uint64_t start_info_gpa;

#define HEAP_START                                            \
    (4ul << 20) /* above the image, inside the smallest guest \
                 */
#define HEAP_END (16ul << 20)

static uint8_t hypercall_page[PAGE_SIZE]
    __attribute__((aligned(PAGE_SIZE), section(".bss.page_aligned")));

const struct hvm_start_info *start_info(void)
{
    return (const struct hvm_start_info *)start_info_gpa;
}

void *alloc_pages(unsigned int n)
{
    static unsigned long next = HEAP_START;
    void *p = (void *)next;

    if ( n > (HEAP_END - next) / PAGE_SIZE )
    {
        test_error("out of memory");
        test_exit();
    }
    next += (unsigned long)n * PAGE_SIZE;

    return memset(p, 0, (size_t)n * PAGE_SIZE);
}

void hypercall_page_init(void)
{
    wrmsr(cpuid(0x40000002, 0).b, (unsigned long)hypercall_page);
}

long hypercall_by_page(unsigned int nr, unsigned long a1, unsigned long a2,
                       unsigned long a3)
{
    long ret;

    asm volatile("call *%[entry]"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                 : [entry] "r"(hypercall_page + nr * 32)
                 : "memory", "rcx", "r10", "r11");
    return ret;
}

unsigned long option(const char *name, unsigned long otherwise)
{
    const char *at =
        booted_bare ? NULL : (const char *)start_info()->cmdline_paddr;
    size_t len = strlen(name);
    unsigned long value = 0;

    while ( at && *at )
    {
        if ( !memcmp(at, name, len) && at[len] == '=' )
        {
            for ( at += len + 1; *at >= '0' && *at <= '9'; at++ )
                value = value * 10 + (unsigned long)(*at - '0');
            return value;
        }
        while ( *at && *at != ' ' )
            at++;
        while ( *at == ' ' )
            at++;
    }
    return otherwise;
}

long hvm_get_param(unsigned int index, uint64_t *val)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };
    long rc = hvm_op(HVMOP_get_param, &p);

    *val = p.value;
    return rc;
}

long hvm_set_param(unsigned int index, uint64_t val)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF,
                               .index = index,
                               .value = val };

    return hvm_op(HVMOP_set_param, &p);
}

/* The firmware left its timer's interrupts on, at exceptions' vectors. */
static void mask_pics(void)
{
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

static bool xen_here(void)
{
    struct cpuid r = cpuid(0x40000000, 0);

    return r.b == XEN_CPUID_SIGNATURE_EBX && r.c == XEN_CPUID_SIGNATURE_ECX &&
           r.d == XEN_CPUID_SIGNATURE_EDX;
}

void boot_main(void);
void boot_main(void)
{
    traps_init();
    if ( !xen_here() )
        booted_bare = true;
    if ( booted_bare )
    {
        mask_pics();
        test_main();
        test_exit();
    }
    console_init();

    if ( (unsigned long)image_end > HEAP_START )
        test_error("the image is larger than the heap's start allows");
    else if ( start_info()->magic != XEN_HVM_START_MAGIC_VALUE )
        test_error("start info has magic %#x", start_info()->magic);
    else
    {
        shared_info_map();
        test_main();
    }
    test_exit();
}
