/* SPDX-License-Identifier: MIT */
/* The KVM side: one VM with one CPU, its first state, and its exits. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <x86intrin.h>

#include "kvm-vmm.h"

#define KVM_PATH "/dev/kvm"

/* KVM keeps four pages there when the CPU cannot run real mode by itself. */
#define IDENT_MAP_ADDR         0xfffbc000u
#define TSS_ADDR               0xfffbd000u

#define RAM_ALIGN              0x200000u /* lets the host back us with large pages */
#define MAX_CPUID              128
#define CR0_PE_ET              0x11
#define RFLAGS_MBS             0x2
#define LEAF1_ECX_TSC_DEADLINE (1u << 24)
#define LEAF1_ECX_HYPERVISOR   (1u << 31)
#define MSR_MISC_ENABLE        0x1a0
#define MISC_ENABLE_FAST_STR   1

static void open_kvm(struct vm *vm)
{
    int version;

    vm->kvm_fd = open(KVM_PATH, O_RDWR | O_CLOEXEC);
    if ( vm->kvm_fd < 0 )
    {
        if ( errno == ENOENT )
            die("%s is missing: no hardware virtualization here "
                "(is kvm_intel or kvm_amd loaded, and does /proc/cpuinfo "
                "show vmx or svm?)",
                KVM_PATH);
        die("cannot open %s: %s", KVM_PATH, strerror(errno));
    }

    version = ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0);
    if ( version != KVM_API_VERSION )
        die("%s speaks API version %d, not %d", KVM_PATH, version,
            KVM_API_VERSION);
}

static void vm_ioctl(struct vm *vm, unsigned long req, void *arg,
                     const char *what)
{
    if ( ioctl(vm->vm_fd, req, arg) < 0 )
        die("%s: %s", what, strerror(errno));
}

static void vcpu_ioctl(struct vm *vm, unsigned long req, void *arg,
                       const char *what)
{
    if ( ioctl(vm->vcpu_fd, req, arg) < 0 )
        die("%s: %s", what, strerror(errno));
}

static void create_ram(struct vm *vm, uint64_t size)
{
    struct kvm_userspace_memory_region slot = { .memory_size = size };
    uint8_t *raw = mmap(NULL, size + RAM_ALIGN, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if ( raw == MAP_FAILED )
        die("no memory for a guest of %" PRIu64 " MiB", size >> 20);

    vm->ram = raw + (-(uintptr_t)raw & (RAM_ALIGN - 1));
    vm->ram_size = size;
    /* Only a wish: without large pages the guest runs all the same. */
    madvise(vm->ram, size, MADV_HUGEPAGE);

    slot.userspace_addr = (uintptr_t)vm->ram;
    vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot, "memory slot");
}

/* The guest sees what KVM supports, and the timer KVM emulates best. */
static void set_cpuid(struct vm *vm)
{
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof(*cpuid) + MAX_CPUID * sizeof(cpuid->entries[0]));

    if ( !cpuid )
        die("out of memory");

    cpuid->nent = MAX_CPUID;
    if ( ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0 )
        die("KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));

    for ( uint32_t i = 0; i < cpuid->nent; i++ )
    {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

        if ( e->function == 1 )
        {
            /* The one CPU has APIC id 0 and no siblings. */
            e->ebx = (e->ebx & 0xff00) | 1u << 16;
            /* KVM leaves it to us to say that KVM's own leaves are there. */
            e->ecx |= LEAF1_ECX_HYPERVISOR;
            if ( ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION,
                       KVM_CAP_TSC_DEADLINE_TIMER) > 0 )
                e->ecx |= LEAF1_ECX_TSC_DEADLINE;
        }
        else if ( e->function == 0xb || e->function == 0x1f )
            e->edx = 0;
    }

    vcpu_ioctl(vm, KVM_SET_CPUID2, cpuid, "CPUID");
    free(cpuid);
}

/*
 * As firmware leaves it. A Linux that finds fast strings off takes ERMS for
 * missing, but not FSRM, and its memmove() of a few bytes then never ends.
 */
static void set_misc_enable(struct vm *vm)
{
    struct
    {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } msrs = { { .nmsrs = 1 },
               { .index = MSR_MISC_ENABLE, .data = MISC_ENABLE_FAST_STR } };

    /* It returns how many it has set. */
    if ( ioctl(vm->vcpu_fd, KVM_SET_MSRS, &msrs) != 1 )
        die("KVM refuses IA32_MISC_ENABLE");
}

void vm_create(struct vm *vm, uint64_t ram_size)
{
    uint64_t ident = IDENT_MAP_ADDR;
    struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
    int run_size;

    open_kvm(vm);
    vm->end = VM_RUNS;

    vm->vm_fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
    if ( vm->vm_fd < 0 )
        die("KVM_CREATE_VM: %s", strerror(errno));

    vm_ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &ident, "identity map");
    vm_ioctl(vm, KVM_SET_TSS_ADDR, (void *)(uintptr_t)TSS_ADDR, "TSS");
    vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL, "interrupt controllers");
    vm_ioctl(vm, KVM_CREATE_PIT2, &pit, "timer chip");
    create_ram(vm, ram_size);

    vm->vcpu_fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, 0);
    if ( vm->vcpu_fd < 0 )
        die("KVM_CREATE_VCPU: %s", strerror(errno));
    set_cpuid(vm);
    set_misc_enable(vm);

    run_size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    if ( run_size < (int)sizeof(*vm->run) )
        die("KVM_GET_VCPU_MMAP_SIZE gave %d", run_size);
    vm->run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                   vm->vcpu_fd, 0);
    if ( vm->run == MAP_FAILED )
        die("cannot map the CPU's run page: %s", strerror(errno));
}

/* The PVH entry: flat 32-bit protected mode, %ebx = start info. */
void vm_set_entry_state(struct vm *vm)
{
    struct kvm_segment code = { .limit = 0xffffffff,
                                .selector = 0x8,
                                .type = 0xb,
                                .present = 1,
                                .db = 1,
                                .s = 1,
                                .g = 1 };
    struct kvm_segment data = { .limit = 0xffffffff,
                                .selector = 0x10,
                                .type = 0x3,
                                .present = 1,
                                .db = 1,
                                .s = 1,
                                .g = 1 };
    struct kvm_segment tss = { .limit = 0x67, .type = 0xb, .present = 1 };
    struct kvm_regs regs = { .rip = vm->entry,
                             .rbx = vm->start_info,
                             .rflags = RFLAGS_MBS };
    struct kvm_sregs sregs;

    vcpu_ioctl(vm, KVM_GET_SREGS, &sregs, "read segments");
    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.tr = tss;
    sregs.cr0 = CR0_PE_ET;
    sregs.cr4 = 0;
    sregs.efer = 0;
    vcpu_ioctl(vm, KVM_SET_SREGS, &sregs, "set segments");
    vcpu_ioctl(vm, KVM_SET_REGS, &regs, "set registers");
}

void vm_set_irq(struct vm *vm, unsigned int irq, bool level)
{
    struct kvm_irq_level line = { .irq = irq, .level = level };

    vm_ioctl(vm, KVM_IRQ_LINE, &line, "interrupt line");
}

static void handle_io(struct vm *vm)
{
    const struct kvm_run *run = vm->run;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    for ( uint32_t i = 0; i < run->io.count && vm->end == VM_RUNS; i++ )
        ports_access(vm, run->io.port, run->io.direction == KVM_EXIT_IO_OUT,
                     run->io.size, data + i * run->io.size);
}

static void report_failure(struct vm *vm, const char *what, uint64_t detail)
{
    struct kvm_regs r = { 0 };

    serial_flush(&vm->serial);
    ioctl(vm->vcpu_fd, KVM_GET_REGS, &r);
    fprintf(stderr,
            "kvm-vmm: %s (%#" PRIx64 "), rip %#llx rsp %#llx rflags %#llx\n",
            what, detail, r.rip, r.rsp, r.rflags);
    vm->end = VM_FAILED;
}

static void handle_exit(struct vm *vm)
{
    struct kvm_run *run = vm->run;

    if ( run->exit_reason < sizeof(vm->exits) / sizeof(vm->exits[0]) )
        vm->exits[run->exit_reason]++;

    switch ( run->exit_reason )
    {
    case KVM_EXIT_IO:
        handle_io(vm);
        break;
    case KVM_EXIT_MMIO:
        if ( !run->mmio.is_write )
            memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
        break;
    case KVM_EXIT_SHUTDOWN:
        vm->end = VM_TRIPLE_FAULT;
        break;
    case KVM_EXIT_FAIL_ENTRY:
        report_failure(vm, "VM entry failed",
                       run->fail_entry.hardware_entry_failure_reason);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        report_failure(vm, "KVM internal error", run->internal.suberror);
        break;
    default:
        report_failure(vm, "unexpected exit", run->exit_reason);
    }
}

void vm_run(struct vm *vm)
{
    uint64_t start = __rdtsc();

    while ( vm->end == VM_RUNS )
    {
        if ( ioctl(vm->vcpu_fd, KVM_RUN, 0) < 0 )
        {
            if ( errno == EINTR || errno == EAGAIN )
                continue;
            report_failure(vm, "KVM_RUN", (uint64_t)errno);
            break;
        }
        handle_exit(vm);
    }
    serial_flush(&vm->serial);
    vm->ticks = __rdtsc() - start;
}

void vm_print_stats(const struct vm *vm)
{
    static const struct
    {
        unsigned int reason;
        const char *name;
    } names[] = {
        { KVM_EXIT_IO, "port I/O" },
        { KVM_EXIT_MMIO, "MMIO" },
        { KVM_EXIT_INTR, "signal" },
    };
    uint64_t all = 0;

    for ( size_t i = 0; i < sizeof(vm->exits) / sizeof(vm->exits[0]); i++ )
        all += vm->exits[i];

    printf("kvm-vmm: ran for %" PRIu64 " TSC ticks, %" PRIu64
           " exits to user space",
           vm->ticks, all);
    for ( size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++ )
        printf(", %s %" PRIu64, names[i].name, vm->exits[names[i].reason]);
    printf("\n");
}
