# SPDX-License-Identifier: MIT
# The benchmark's table in Markdown: rows file, then our values, then Xen's.

FNR == 1 { file++ }
file == 1 { split($0, f, "|"); order[++n] = f[1]; label[f[1]] = f[2]; next }
{
    value[file, $1] = $2; exits[file, $1] = $3; vmx[file, $1] = $4
    if ($3 != "-") counted = 1
    if (!($1 in label) && $1 !~ /empty$/) {
        order[++n] = $1
        label[$1] = $1
    }
}

function shown(v)
{
    return v == "" ? "?" : v
}

END {
    # The counts stand in the table once the guest reports any.
    print "| operation | Nidus | Xen 4.17 | ratio |" \
        (counted ? " exits | VMX instructions |" : "")
    print "|---|---:|---:|---:|" (counted ? "---:|---:|" : "")
    for (i = 1; i <= n; i++) {
        k = order[i]; a = value[2, k]; b = value[3, k]
        ratio = a != "" && b != "" && b > 0 ? sprintf("%.2f", a / b) : "?"
        printf "| %s | %s | %s | %s |", label[k], shown(a), shown(b), ratio
        if (counted)
            printf " %s / %s | %s / %s |", shown(exits[2, k]), \
                shown(exits[3, k]), shown(vmx[2, k]), shown(vmx[3, k])
        print ""
    }
}
