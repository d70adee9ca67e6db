/* SPDX-License-Identifier: MIT */
/* multicall: several hypercalls in one. */
#include <xen/compat.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

/* struct multicall_entry: see xen/compat.h. */
#define ENTRY       "wwwwwwww"
#define RESULT_WORD (offsetof(multicall_entry_t, result) / sizeof(xen_ulong_t))

/* multicall(list, nr) */
long do_multicall(unsigned long list, unsigned long nr, unsigned long a3,
                  unsigned long a4, unsigned long a5)
{
    multicall_entry_t e;
    hypercall_fn_t *fn;
    unsigned long i;
    long rc;

    nr = (uint32_t)nr;
    for ( i = 0; i < nr; i++, list += layout_stride(ENTRY, sizeof(e)) )
    {
        if ( i && hypercall_preempt_check() )
        {
            hypercall_continue(list, nr - i, a3, a4, a5);
            return -ERESTART;
        }
        if ( copy_struct_from_guest(&e, list, ENTRY) )
            return -EFAULT;

        /* A multicall inside a multicall would nest without bound. */
        fn = NULL;
        if ( e.op < NR_HYPERCALLS && e.op != __HYPERVISOR_multicall )
            fn = hypercall_table[e.op];
        rc = -ENOSYS;
        if ( fn )
        {
            hypercall_redirect(e.args);
            rc = fn(e.args[0], e.args[1], e.args[2], e.args[3], e.args[4]);
            hypercall_redirect(NULL);
        }
        if ( rc == -ERESTART )
        {
            /* Its progress is in its arguments: leave them with the guest. */
            if ( copy_struct_to_guest(list, &e, ENTRY) )
                return -EFAULT;
            hypercall_continue(list, nr - i, a3, a4, a5);
            return -ERESTART;
        }
        e.result = rc;
        if ( copy_word_to_guest_va(list, RESULT_WORD, e.result) )
            return -EFAULT;
    }
    return 0;
}
