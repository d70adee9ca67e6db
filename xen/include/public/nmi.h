/* SPDX-License-Identifier: MIT */
/* nmi_op numbers and the reasons an NMI may carry. */
#ifndef XEN_PUBLIC_NMI_H
#define XEN_PUBLIC_NMI_H

#include "xen.h"

#define _XEN_NMIREASON_io_error    0
#define XEN_NMIREASON_io_error     (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr    1
#define XEN_NMIREASON_pci_serr     (1UL << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown     2
#define XEN_NMIREASON_unknown      (1UL << _XEN_NMIREASON_unknown)

#define XENNMI_register_callback   0
#define XENNMI_unregister_callback 1

#endif
