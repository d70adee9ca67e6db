#!/bin/bash
# SPDX-License-Identifier: MIT
# Wrong arguments of hypercalls get the answers that real Xen 4.17 gives, in a
# guest and in Dom0. tests/abi/errno/xen-4.17.txt holds Xen's, made by
#     HV=xen TOOLS=debian T=errno scripts/check system
# which leaves them as "answers" in its directory; differs.txt says where ours
# are others, and why.
. "$(dirname "$0")/lib.sh"
rows=$NIDUS_TOP/tests/abi/errno

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
boot --guests "$BUILD/tests/guest" --cpu-limit 120 \
    --cmd '/guests/run-cases -v errno && /guests/errno/dom0' >"$WORK/output"
sed -n 's/.*errno \([gd]_[a-z0-9_]* -\{0,1\}[0-9]*\).*/\1/p' "$WORK/output" |
    sort >"$WORK/answers"

total=$(wc -l <"$rows/xen-4.17.txt")
differ=0
status=0
while read -r name xens; do
    ours=$(awk -v n="$name" '$1 == n { print $2 }' "$WORK/answers")
    reason=$(awk -v n="$name" '$1 == n' "$rows/differs.txt")
    if [ "$ours" = "$xens" ]; then
        [ -z "$reason" ] || [ "$HV" = xen ] || {
            echo "$name is in differs.txt and does not differ" && status=1
        }
    else
        differ=$((differ + 1))
        [ -n "$reason" ] || {
            echo "$name: got ${ours:-nothing}, Xen has $xens" && status=1
        }
    fi
done <"$rows/xen-4.17.txt"
echo "$((total - differ)) of $total rows as on Xen 4.17"
[ "$(wc -l <"$WORK/answers")" -eq "$total" ] || {
    echo "$(wc -l <"$WORK/answers") rows were answered" && status=1
}
[ $((differ * 100)) -le $((total * 5)) ] || {
    echo "more than 5 in 100 differ" && status=1
}
exit $status
