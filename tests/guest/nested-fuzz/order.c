/* SPDX-License-Identifier: MIT */
/*
 * VMX instructions in no order that makes sense, with pointers that are and
 * are not VMCSs. All VMCSs are contained at any time (main.c), so it does no
 * harm if one of them is entered.
 */
#include "fuzz.h"

#define MAX_INSNS 6

static uint64_t some_pointer(void)
{
    void *one = region[random_below(&rnd, REGIONS)];

    switch ( random_below(&rnd, 12) )
    {
    case 0:
        return (unsigned long)vmx_on_region();
    case 1:
        return (unsigned long)one + 8;
    case 2:
        return (unsigned long)one | 1ull << 52;
    case 3:
        return 0x3ffff000; /* no memory there */
    case 4:
        return ~0ull;
    case 5:
        return (unsigned long)scratch + PAGE_SIZE;
    default:
        return (unsigned long)one;
    }
}

static struct inv_descriptor some_descriptor(void)
{
    return (struct inv_descriptor){
        .first = random_below(&rnd, 2) ? eptp : some_value(1),
        .second = random_below(&rnd, 4) ? 0 : random_next(&rnd),
    };
}

static void enter_somehow(void)
{
    static struct l2_regs regs;

    vmx_forget_host_rsp();
    vmx_enter(&regs, random_below(&rnd, 2));
}

/* All contexts go; and outside of VMX operation nothing is to work. */
static void leave_and_return(void)
{
    uint64_t ptr = some_pointer();

    check_eq("VMXOFF", vmxoff(), VMX_OK);
    check_eq("VMPTRLD outside", vmptrld(ptr), FAULT_UD);
    check_eq("VMREAD outside", vmread(EXIT_REASON, &ptr), FAULT_UD);
    check_eq("INVEPT outside", invept(1, some_descriptor()), FAULT_UD);
    check_eq("VMXON", vmxon((unsigned long)vmx_on_region()), VMX_OK);
}

static void execute_one(void)
{
    uint64_t val;

    switch ( random_below(&rnd, 24) )
    {
    case 0 ... 4:
        vmptrld(some_pointer());
        break;
    case 5 ... 7:
        vmclear(some_pointer());
        break;
    case 8 ... 9:
        vmptrst(&val);
        break;
    case 10 ... 12:
        vmread(random_below(&rnd, 2) ? some_field() : random_next(&rnd), &val);
        break;
    case 13 ... 15:
        /* Its value as it is: changes are main.c's, which contains them. */
        val = some_field();
        vmwrite(val, vmget(val));
        break;
    case 16 ... 17:
        invept(random_below(&rnd, 4), some_descriptor());
        break;
    case 18 ... 19:
        invvpid(random_below(&rnd, 5), some_descriptor());
        break;
    case 20:
        vmxon(some_pointer());
        break;
    case 21:
        if ( random_below(&rnd, 16) == 0 )
            leave_and_return();
        break;
    default:
        enter_somehow();
        break;
    }
}

void execute_some(void)
{
    for ( uint64_t n = 1 + random_below(&rnd, MAX_INSNS); n; n-- )
        execute_one();
}
