# SPDX-License-Identifier: MIT
# From "nm -n": the table of functions the hypervisor prints backtraces with.
# Offsets from the image's base and of names, both ascending, then the names.
BEGIN {
    n = off = 0
    print "\t.section .symbols, \"a\""
    print "\t.balign 8"
}
$2 == "t" || $2 == "T" {
    if ($3 ~ /^\./ || $1 == last)
        next
    last = $1
    addr[n] = $1
    name[n++] = $3
}
END {
    print "\t.globl symbols_count, symbols_addr, symbols_name, symbols_text"
    print "symbols_count:\n\t.long " n
    print "symbols_addr:"
    for (i = 0; i < n; i++)
        print "\t.long 0x" substr(addr[i], 9) " - 0x80200000"
    print "symbols_name:"
    for (i = 0; i < n; i++) {
        print "\t.long " off
        off += length(name[i]) + 1
    }
    print "symbols_text:"
    for (i = 0; i < n; i++)
        print "\t.asciz \"" name[i] "\""
    print "\t.section .note.GNU-stack, \"\", @progbits"
}
