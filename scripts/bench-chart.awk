# SPDX-License-Identifier: MIT
# The benchmark as an SVG bar chart: each row's value as a part of Xen's.

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
    row = 26; left = 300; width = 360; top = 44; full = 1.25
    for (i = 1; i <= n; i++)
        if (value[2, order[i]] != "" && value[3, order[i]] > 0)
            kept[++m] = order[i]
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" " \
        "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n", \
        top + m * row + 20
    print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    text(20, 22, "start", "Nidus as a part of Xen 4.17 (less is better)")
    x = left + width / full
    printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#888\" " \
        "stroke-dasharray=\"4 3\"/>\n", x, top - 8, x, top + m * row
    text(x, top - 12, "middle", "Xen")
    for (i = 1; i <= m; i++) {
        k = kept[i]; r = value[2, k] / value[3, k]
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
