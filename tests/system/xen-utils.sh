#!/bin/bash
# SPDX-License-Identifier: MIT
# The programs of Debian's xen-utils-4.17, each as a test: what it prints and
# how it ends. HV=xen says what real Xen does of it.
export TOOLS=debian
. "$(dirname "$0")/lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
guests=$WORK/guests
rm -rf "$guests"
mkdir -p "$guests/triple-fault"
cp "$BUILD/tests/guest/triple-fault/kernel.elf" "$guests/triple-fault/"
cp "$NIDUS_TOP/tests/system/programs/xen-utils.sh" "$guests/"
cat >"$guests/p1.cfg" <<'END'
type = "pvh"
name = "p1"
uuid = "11111111-2222-3333-4444-666666666666"
kernel = "/guests/triple-fault/kernel.elf"
memory = 32
vcpus = 2
END

status=0
boot --guests "$guests" --cpu-limit 300 \
    --cmd 'sh /guests/xen-utils.sh; echo "end of tests"' |
    tee "$WORK/output" || status=$?

while read -r verdict name why; do
    result "$verdict xen-utils/$name $why"
    [ "$verdict" = PASS ] || status=1
done < <(tr -d '\r' <"$WORK/output" | grep -E '^(PASS|FAIL) ')
grep -q '^end of tests' "$WORK/output" || status=1
exit $status
