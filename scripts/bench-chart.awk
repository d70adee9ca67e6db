# SPDX-License-Identifier: MIT
# The benchmark as an SVG bar chart: each row's value as a part of that of the
# better peer. Arguments as for bench-table.awk; only named rows are drawn.

FNR == 1 { file++ }
file == 1 { split($0, f, "|"); order[++n] = f[1]; label[f[1]] = f[2]; next }
{ value[file, $1] = $2 }

function text(x, y, anchor, s)
{
    gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/`/, "", s)
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, \
        anchor, s
}

END {
    row = 26; left = 330; width = 360; top = 44; full = 1.25
    for (i = 1; i <= n; i++) {
        k = order[i]; b = value[3, k]; c = value[4, k]
        peer[k] = b == "" || (c != "" && c + 0 < b + 0) ? c : b
        if (value[2, k] != "" && peer[k] > 0)
            kept[++m] = k
    }
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" " \
        "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n", \
        top + m * row + 20
    print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    text(20, 22, "start", \
        "Nidus as a part of the better of Xen 4.17 and KVM (less is better)")
    x = left + width / full
    printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#888\" " \
        "stroke-dasharray=\"4 3\"/>\n", x, top - 8, x, top + m * row
    text(x, top - 12, "middle", "the better peer")
    for (i = 1; i <= m; i++) {
        k = kept[i]; r = value[2, k] / peer[k]
        y = top + (i - 1) * row
        w = (r > full ? full : r) / full * width
        text(left - 10, y + 15, "end", label[k])
        printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" " \
            "fill=\"%s\"/>\n", left, y, w < 1 ? 1 : w, row - 8, \
            r <= 1 ? "#2a7f62" : "#b8433a"
        text(left + w + 6, y + 15, "start", \
            sprintf("%.2f  (%s)", r, value[2, k]))
    }
    print "</svg>"
}
