/* SPDX-License-Identifier: MIT */
/*
 * What a test kernel may use.
 *
 * A case is a main.c with test_main(). It reports by the functions below; the
 * worst report becomes the one result line. Output goes to the debug port and
 * to the PV console, so it can be read with and without a console daemon.
 */
#ifndef TEST_LIB_H
#define TEST_LIB_H

#include <stdarg.h>

#include <public/arch-x86/hvm/start_info.h>

#include "hypercall.h"
#include "x86.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The case itself. */
void test_main(void);

/* report.c: what the case found */
void test_success(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_failure(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_exit(void) __attribute__((noreturn));
void test_result(void); /* the result line, for a case that ends otherwise */

/* One comparison of what came back with what must; prints both when wrong. */
#define check_eq(what, got, want)                                         \
    ({                                                                    \
        long got_ = (long)(got), want_ = (long)(want);                    \
        if ( got_ != want_ )                                              \
            test_failure("%s: got %#lx, want %#lx (line %d)", what, got_, \
                         want_, __LINE__);                                \
        got_ == want_;                                                    \
    })
#define check(cond, what)                                 \
    ({                                                    \
        bool ok_ = (cond);                                \
        if ( !ok_ )                                       \
            test_failure("%s (line %d)", what, __LINE__); \
        ok_;                                              \
    })
/* Hypercall results: negative error numbers in decimal. */
#define check_rc(what, got, want)                                              \
    ({                                                                         \
        long got_ = (got), want_ = (want);                                     \
        if ( got_ != want_ )                                                   \
            test_failure("%s: got %ld, want %ld (line %d)", what, got_, want_, \
                         __LINE__);                                            \
        got_ == want_;                                                         \
    })

/* console.c, printf.c */
void console_init(void);
void console_write(const char *text, size_t len);
void console_flush(void);
int printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *fmt, va_list args);

/* string.c */
void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* boot.c */
const struct hvm_start_info *start_info(void);
extern char image_end[];
/* The number behind "name=" on the command line, or what it is without. */
unsigned long option(const char *name, unsigned long otherwise);
/* No Xen below, but the machine or another hypervisor: no hypercalls. */
extern bool booted_bare;
void *alloc_pages(unsigned int n); /* zeroed, 1:1 mapped, never freed */
#define alloc_page() alloc_pages(1)
static inline unsigned long gfn_of(const void *p)
{
    return (unsigned long)p / PAGE_SIZE;
}

/*
 * An address that nothing maps, and one that is not even an address; its low
 * 48 bits are unmapped too, because real Xen looks at no others.
 */
#define UNMAPPED_VA     ((void *)0x123456789000ul)
#define NONCANONICAL_VA ((void *)0x8000123456789000ul)

/* traps.c */
struct regs
{
    unsigned long r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx,
        rcx, rax;
    unsigned long vec, err, rip, cs, rflags, rsp, ss;
};

typedef void (*irq_handler_t)(struct regs *regs);
void traps_init(void);
void traps_init_ap(void);
void irq_set_handler(uint8_t vec, irq_handler_t handler);
unsigned long call_user(unsigned long (*fn)(void), void *stack_top);
void *idt_base(void);
void *tss_base(void);

/* shared.c: shared info and time */
extern union shared_page
{
    struct shared_info info;
    uint8_t page[PAGE_SIZE];
} shared_page;
#define shared_info (shared_page.info)
void shared_info_map(void);
uint64_t now_ns(void);
/* Wait for a condition, at most so long; true when it came. */
#define MS(n) ((uint64_t)(n)*1000000)
#define wait_for(cond, ns)                               \
    ({                                                   \
        uint64_t until_ = now_ns() + (ns);               \
        bool came_;                                      \
        while ( !(came_ = (cond)) && now_ns() < until_ ) \
            cpu_relax();                                 \
        came_;                                           \
    })

/* events.c: 2-level event channels, delivered by a vector of ours */
#define UPCALL_VECTOR 0x30
extern volatile unsigned int upcalls; /* interrupts taken so far */
long evtchn_alloc_unbound(domid_t remote, evtchn_port_t *port);
long evtchn_bind_interdomain(domid_t dom, evtchn_port_t port,
                             evtchn_port_t *local);
long evtchn_bind_virq(unsigned int virq, unsigned int vcpu,
                      evtchn_port_t *port);
long evtchn_bind_ipi(unsigned int vcpu, evtchn_port_t *port);
long evtchn_send(evtchn_port_t port);
long evtchn_close(evtchn_port_t port);
long evtchn_unmask_op(evtchn_port_t port);
bool evtchn_pending(evtchn_port_t port);
void evtchn_clear(evtchn_port_t port);
void evtchn_mask(evtchn_port_t port, bool on);
long upcall_vector_set(unsigned int vcpu, uint8_t vector);
void upcall_init(void); /* vector for vCPU 0, handler that counts and EOIs */

/* grants.c: the first frame of the grant table, 512 entries of version 1 */
extern struct grant_entry_v1 *grant_table;
void grant_table_map(void); /* or end the test */
/* Offer a page to a domain; flags: GTF_readonly or 0. */
void grant(grant_ref_t ref, domid_t to, const void *page, uint16_t flags);

/* apic.c */
bool x2apic_on(void);
bool x2apic_enable(void); /* false when there is none */
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t val);
void apic_icr(uint32_t dest, uint32_t low);
void apic_enable(void); /* software-enable, spurious vector 0xff */
void apic_eoi(void);
uint32_t apic_id(void);

#define APIC_ID           0x20
#define APIC_VERSION      0x30
#define APIC_TPR          0x80
#define APIC_PPR          0xa0
#define APIC_EOI          0xb0
#define APIC_SPIV         0xf0
#define APIC_ISR          0x100
#define APIC_IRR          0x200
#define APIC_ESR          0x280
#define APIC_ICR          0x300
#define APIC_ICR2         0x310
#define APIC_LVT_TIMER    0x320
#define APIC_TIMER_INIT   0x380
#define APIC_TIMER_COUNT  0x390
#define APIC_TIMER_DIV    0x3e0

#define APIC_SPIV_ENABLE  (1 << 8)
#define APIC_LVT_MASKED   (1 << 16)
#define APIC_LVT_PERIODIC (1 << 17)
#define APIC_LVT_DEADLINE (2 << 17)
#define APIC_DIV_1        0xb
#define APIC_ICR_FIXED    0
#define APIC_ICR_NMI      (4 << 8)
#define APIC_ICR_INIT     (5 << 8)
#define APIC_ICR_STARTUP  (6 << 8)
#define APIC_ICR_ASSERT   (1 << 14)
#define APIC_ICR_SELF     (1 << 18)

/* tsc.c: by the APIC's timer, within some hundredths of a percent */
uint32_t tsc_khz_measured(void);

/* smp.c */
unsigned int cpu_count(void);           /* enabled CPUs of the MADT */
uint32_t cpu_apic_id(unsigned int cpu); /* their APIC ids, in its order */
bool cpu_start(unsigned int cpu, void (*fn)(void)); /* true when it runs */

/* acpi.c */
const void *acpi_find(const char *signature);

#endif /* TEST_LIB_H */
