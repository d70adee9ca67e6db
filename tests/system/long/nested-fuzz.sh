#!/bin/bash
# SPDX-License-Identifier: MIT
# A million entries of L2s with made-up VMCSs: SEEDS with 100,000 each, every
# second one with a vCPU that changes L1's memory meanwhile.
. "$(dirname "$0")/../lib.sh"
[ "$HV" = nidus ] || skip "it looks for crashes of ours"

read -r -a seeds <<<"${SEEDS:-1 2 3 4 5 6 7 8 9 10}"
guests=$WORK/guests
make -s --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
rm -rf "$guests"
mkdir -p "$guests/nested-fuzz"
cp "$BUILD/tests/guest/run-cases" "$guests"
cp "$BUILD/tests/guest/nested-fuzz/kernel.elf" "$guests/nested-fuzz"
for seed in "${seeds[@]}"; do
    sed -e "s/^name.*/name = \"fuzz-$seed\"/" -e '/^cmdline/d' \
        "$BUILD/tests/guest/nested-fuzz/default.cfg" \
        >"$guests/nested-fuzz/seed-$seed.cfg"
    echo "cmdline = \"seed=$seed entries=${ENTRIES:-100000}" \
        "quiet=$((seed % 2))\"" >>"$guests/nested-fuzz/seed-$seed.cfg"
done
boot --cpu-limit 1200 --guests "$guests" --hv-args "nested-audit guest_loglvl=none ${HV_ARGS:-}" \
    --cmd 'CASE_LIMIT=600 /guests/run-cases -v'
