# SPDX-License-Identifier: MIT
# The benchmark's table in Markdown: the rows file, then the values of Nidus,
# of Xen and of KVM, each with lines "KEY VALUE EXITS VMX-INSTRUCTIONS".

FNR == 1 { file++ }
file == 1 {
    split($0, f, "|")
    order[++n] = f[1]
    label[f[1]] = f[2]
    next
}
{
    value[file, $1] = $2; exits[file, $1] = $3; insns[file, $1] = $4
    if ($3 != "-") counted = 1
    # What no row names stands below the others under its own name.
    if (!($1 in label) && $1 !~ /empty$/) {
        order[++n] = $1
        label[$1] = "`" $1 "`"
    }
}

function shown(v)
{
    return v == "" ? "" : v
}

function three(a, k)
{
    return shown(a[2, k]) " / " shown(a[3, k]) " / " shown(a[4, k])
}

END {
    # The counts stand in the table once the emulator gives any.
    print "| operation | Nidus | Xen 4.17 | KVM 6.1 | of the better peer |" \
        (counted ? " exits | VMX instructions |" : "")
    print "|---|---:|---:|---:|---:|" (counted ? "---:|---:|" : "")
    for (i = 1; i <= n; i++) {
        k = order[i]
        a = value[2, k]; b = value[3, k]; c = value[4, k]
        if (a == "" && b == "" && c == "")
            continue
        best = b == "" || (c != "" && c + 0 < b + 0) ? c : b
        ratio = a != "" && best > 0 ? sprintf("%.2f", a / best) : ""
        printf "| %s | %s | %s | %s | %s |", label[k], shown(a), shown(b), \
            shown(c), ratio
        if (counted)
            printf " %s | %s |", three(exits, k), three(insns, k)
        print ""
    }
}
