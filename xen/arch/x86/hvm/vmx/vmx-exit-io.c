/* SPDX-License-Identifier: MIT */
/* Exits of I/O instructions: decoded here, served by hvm/port-io.c. */

#include <xen/domain.h>
#include <asm/hvm-io.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

/* SDM "Format of the VM-Exit Instruction-Information Field ... INS and OUTS".
 */
#define IO_INFO_ADDR_SHIFT 7
#define IO_INFO_ADDR_MASK  7u

enum exit_result vmx_exit_io(struct vcpu *v)
{
    uint64_t qual = vmread(VMCS_exit_qualification);
    struct hvm_pio io = {
        .port = (qual >> IO_QUAL_PORT_SHIFT) & IO_QUAL_PORT_MASK,
        .size = (qual & IO_QUAL_SIZE_MASK) + 1,
        .in = qual & IO_QUAL_IN,
        .string = qual & IO_QUAL_STRING,
        .rep = qual & IO_QUAL_REP,
    };

    if ( io.string )
    {
        uint32_t info = vmread(VMCS_exit_insn_info);

        io.addr_size = 2u << ((info >> IO_INFO_ADDR_SHIFT) & IO_INFO_ADDR_MASK);
        io.gla = vmread(VMCS_guest_linear_addr);
    }
    return hvm_handle_pio(v, &io) ? EXIT_SKIP : EXIT_RESUME;
}
