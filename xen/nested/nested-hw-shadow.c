/* SPDX-License-Identifier: MIT */
/* VMCS shadowing: the fields L1 uses most, read and written without an exit. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"

/*
 * While a vmcs12 is current, a shadow VMCS linked to the vmcs01 holds a copy
 * of some of its fields, and L1's VMREAD and VMWRITE of them go there. The
 * copy counts from the moment it was made (export) until it is fetched back
 * (import), before an entry and when another vmcs12 becomes current. Every
 * field here must be up to date in the vmcs12 at an exit: none may belong to
 * what is left behind in the vmcs02 (nested_ctx.stale), with the exception of
 * the two access rights that an exit fetches one by one.
 *
 * Fields that L1 reads often and writes seldom are shadowed for reading only;
 * a write exits, and takes the shadow along. Of these, what nobody but L1
 * changes is exported once.
 */
#define SHADOW_READ(X)          \
    X(exit_reason)              \
    X(exit_qualification)       \
    X(exit_intr_info)           \
    X(exit_intr_error_code)     \
    X(idt_vectoring_info)       \
    X(idt_vectoring_error_code) \
    X(exit_insn_len)            \
    X(guest_linear_addr)        \
    X(guest_phys_addr)          \
    X(guest_cr0)                \
    X(guest_cr3)                \
    X(guest_cr4)                \
    X(guest_cs_ar)              \
    X(guest_ss_ar)              \
    X(cr0_read_shadow)          \
    X(cr4_read_shadow)

#define SHADOW_READ_STATIC(X) \
    X(pin_ctrl)               \
    X(exception_bitmap)       \
    X(pf_error_mask)          \
    X(pf_error_match)         \
    X(cr3_target_count)       \
    X(exit_ctrl)              \
    X(exit_msr_store_count)   \
    X(exit_msr_load_count)    \
    X(entry_msr_load_count)   \
    X(io_bitmap_a)            \
    X(io_bitmap_b)            \
    X(msr_bitmap)             \
    X(tsc_offset)             \
    X(cr0_mask)               \
    X(cr4_mask)               \
    X(host_es_selector)       \
    X(host_cs_selector)       \
    X(host_ss_selector)       \
    X(host_ds_selector)       \
    X(host_fs_selector)       \
    X(host_gs_selector)       \
    X(host_tr_selector)       \
    X(host_sysenter_cs)       \
    X(host_cr0)               \
    X(host_cr3)               \
    X(host_cr4)               \
    X(host_fs_base)           \
    X(host_gs_base)           \
    X(host_tr_base)           \
    X(host_gdtr_base)         \
    X(host_idtr_base)         \
    X(host_sysenter_esp)      \
    X(host_sysenter_eip)      \
    X(host_rsp)               \
    X(host_rip)

/* Fetched before every entry: only what is written all the time. By group. */
#define SHADOW_READ_WRITE(X)         \
    X(guest_rip, RIP)                \
    X(guest_rsp, RIP)                \
    X(guest_rflags, RIP)             \
    X(guest_interruptibility, ACTIV) \
    X(proc_ctrl, PROC)               \
    X(entry_intr_info, EVENT)        \
    X(entry_error_code, EVENT)       \
    X(entry_insn_len, EVENT)         \
    X(tpr_threshold, PROC)           \
    X(preemption_timer, EVENT)

/* One bit per encoding; a set bit makes the access exit. */
static uint8_t *vmread_bitmap, *vmwrite_bitmap;

static void allow(uint8_t *bitmap, uint32_t enc)
{
    bitmap[enc / 8] &= ~(1u << enc % 8);
}

static void make_bitmaps(void)
{
    uint8_t *to_read = alloc_xenheap_page(), *to_write = alloc_xenheap_page();

    if ( !to_read || !to_write )
    {
        free_xenheap_page(to_read);
        free_xenheap_page(to_write);
        return;
    }
    memset(to_read, 0xff, PAGE_SIZE);
    memset(to_write, 0xff, PAGE_SIZE);
#define X(field, ...) allow(to_read, VMCS_##field);
    SHADOW_READ(X)
    SHADOW_READ_STATIC(X)
    SHADOW_READ_WRITE(X)
#undef X
#define X(field, group_)           \
    allow(to_write, VMCS_##field); \
    ASSERT(vmcs12_find_field(VMCS_##field)->group == VMCS12_G_##group_);
    SHADOW_READ_WRITE(X)
#undef X
    vmread_bitmap = to_read;
    __atomic_store_n(&vmwrite_bitmap, to_write, __ATOMIC_RELEASE);
}

/* The bitmaps are the same for all; the first one who needs them makes them. */
static bool bitmaps_ready(void)
{
    static spinlock_t lock = SPIN_LOCK_UNLOCKED;

    if ( __atomic_load_n(&vmwrite_bitmap, __ATOMIC_ACQUIRE) )
        return true;
    spin_lock(&lock);
    if ( !vmwrite_bitmap )
        make_bitmaps();
    spin_unlock(&lock);

    return vmwrite_bitmap;
}

/* L1 must not reach through the shadow what it cannot name otherwise. */
static bool fields_supported(const struct nested_caps *caps)
{
#define X(field, ...)                                           \
    if ( !vmcs12_field_supported(&caps->fields, VMCS_##field) ) \
        return false;
    SHADOW_READ(X)
    SHADOW_READ_STATIC(X)
    SHADOW_READ_WRITE(X)
#undef X
    return true;
}

/* Without a shadow VMCS, for whatever reason, everything exits. */
void nested_shadow_init(const struct nested_caps *caps,
                        struct nested_hw_ctx *hw)
{
    uint32_t *vmcs;

    if ( !vmx_caps.shadow_vmcs || !fields_supported(caps) || !bitmaps_ready() )
        return;
    vmcs = alloc_xenheap_page();
    if ( !vmcs )
        return;
    vmcs[0] = vmx_caps.revision | VMCS_SHADOW_BIT;
    vmx_vmclear(virt_to_maddr(vmcs));
    hw->shadow = vmcs;
}

void nested_shadow_destroy(struct nested_hw_ctx *hw)
{
    if ( !hw->shadow )
        return;
    vmx_vmclear(virt_to_maddr(hw->shadow));
    free_xenheap_page(hw->shadow);
    hw->shadow = NULL;
}

static void begin(const struct nested_hw_ctx *hw)
{
    vmx_vmptrld(virt_to_maddr(hw->shadow));
}

/* The processor wants it out of its caches while it is linked. */
static void leave(const struct nested_hw_ctx *hw)
{
    vmx_vmclear(virt_to_maddr(hw->shadow));
}

static void end(const struct vcpu *v, const struct nested_hw_ctx *hw)
{
    leave(hw);
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
}

/* The shadow VMCS is loaded: write a field unless it has this value. */
#define EXPORT(field, ...)                               \
    if ( !hw->export_valid || now->field != old->field ) \
    {                                                    \
        vmwrite(VMCS_##field, now->field);               \
        old->field = now->field;                         \
    }

static void export_statics(struct nested_hw_ctx *hw, const struct vmcs12 *now)
{
    struct vmcs12 *old = &hw->exported;

    SHADOW_READ_STATIC(EXPORT)
    hw->statics_valid = true;
}

void nested_shadow_export(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    const struct vmcs12 *now = &ctx->v12;
    struct vmcs12 *old = &hw->exported;

    if ( !hw->shadow )
        return;
    v->arch.nested->stats.shadow_exports++;
    begin(hw);
    if ( unlikely(!hw->statics_valid) )
        export_statics(hw, now);
    SHADOW_READ(EXPORT)
    SHADOW_READ_WRITE(EXPORT)
    leave(hw);
    hw->export_valid = true;
}

/* What L1 changed is as if its VMWRITE had exited. */
void nested_shadow_import(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    uint64_t val;

    if ( !hw->shadow || !hw->export_valid )
        return;
    v->arch.nested->stats.shadow_imports++;
    begin(hw);
#define X(field, group)                                                       \
    val = vmread(VMCS_##field);                                               \
    if ( val != hw->exported.field )                                          \
    {                                                                         \
        nested_ctx_touch(ctx,                                                 \
                         vmcs12_change_groups(VMCS_##field, VMCS12_G_##group, \
                                              ctx->v12.field, val));          \
        ctx->v12.field = hw->exported.field = val;                            \
    }
    SHADOW_READ_WRITE(X)
#undef X
    end(v, hw);
}

/* ctx (or NULL) becomes the vmcs12 that L1's instructions mean. */
void nested_shadow_link(struct vcpu *v, struct nested_ctx *ctx)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;
    struct nested_hw_ctx *hw = ctx ? hw_ctx(ctx) : NULL;

    if ( !hw || !hw->shadow )
    {
        if ( !(vmx->proc2 & PROC2_SHADOW_VMCS) )
            return;
        vmx->proc2 &= ~PROC2_SHADOW_VMCS;
        vmwrite(VMCS_proc2_ctrl, vmx->proc2);
        vmwrite(VMCS_vmcs_link_ptr, VMCS_LINK_PTR_NONE);
        return;
    }

    nested_shadow_export(v, ctx);
    vmx_vmptrld(mfn_x(vmx->vmcs) << PAGE_SHIFT);
    vmwrite(VMCS_vmcs_link_ptr, virt_to_maddr(hw->shadow));
    if ( vmx->proc2 & PROC2_SHADOW_VMCS )
        return;
    vmx->proc2 |= PROC2_SHADOW_VMCS;
    vmwrite(VMCS_proc2_ctrl, vmx->proc2);
    vmwrite(VMCS_vmread_bitmap, virt_to_maddr(vmread_bitmap));
    vmwrite(VMCS_vmwrite_bitmap, virt_to_maddr(vmwrite_bitmap));
}

/* L1's VMWRITE of a field exited: it may be one that is shadowed for reading.
 */
void nested_shadow_written(struct vcpu *v, struct nested_ctx *ctx, uint32_t enc)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);

    enc &= ~VMCS_ENC_HIGH;
    if ( !hw->shadow || (vmread_bitmap[enc / 8] >> enc % 8 & 1) )
        return;
    begin(hw);
    vmwrite(enc, vmcs12_read_field(&ctx->v12, enc));
    end(v, hw);
    vmcs12_write_field(&hw->exported, enc, vmcs12_read_field(&ctx->v12, enc));
}
