/* SPDX-License-Identifier: MIT */
/* What Nidus has beyond Xen's interface. Xen answers -EINVAL to it. */
#ifndef __XEN_PUBLIC_NIDUS_H__
#define __XEN_PUBLIC_NIDUS_H__

/*
 * An HVM parameter that a guest without a device model may set for itself: the
 * ports that test kernels written for emulators expect. Write 0 to take them
 * away again; unknown bits are -EINVAL.
 */
#define HVM_PARAM_NIDUS_TEST_PORTS 0x4e440001
/* COM1 (0x3f8): output becomes lines of the debug port, nothing comes in. */
#define NIDUS_TEST_PORTS_COM1 1
/*
 * Powering off: any write to 0xf4, or "Shutdown" byte by byte to 0x8900, as
 * QEMU's isa-debug-exit device and Bochs have it.
 */
#define NIDUS_TEST_PORTS_EXIT 2

#endif /* __XEN_PUBLIC_NIDUS_H__ */
