#!/bin/bash
# SPDX-License-Identifier: MIT
# xl nested: what a nested domain has and did, as text and as JSON, and what
# `check` says of configurations; on Xen it says that this is not Nidus.
. "$(dirname "$0")/lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
guests=$WORK/guests
rm -rf "$guests"
mkdir -p "$guests"
cp -r "$BUILD"/tests/guest/{nested-vmx,vmx-off,run-cases} "$guests"
sed '/nestedhvm/d' "$guests/nested-vmx/default.cfg" >"$guests/without.cfg"
sed 's/^nestedhvm.*/&\ncpuid = "host,vmx=0"/' \
    "$guests/nested-vmx/default.cfg" >"$guests/masked.cfg"

cat >"$guests/ask" <<'END'
say() { echo "== $*"; "$@"; echo "status $?"; }
xl create /guests/nested-vmx/default.cfg >/dev/null
xl create -p /guests/vmx-off/plain.cfg >/dev/null
tries=200
until xl list nested-vmx | grep -q ' ---s'; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || break
    usleep 100000
done
say xl nested
say xl nested --json nested-vmx
say xl nested --json vmx-off-plain
say xl nested check
say xl nested check /guests/nested-vmx/default.cfg
say xl nested check /guests/without.cfg
say xl nested check /guests/masked.cfg
say xl nested check nested-vmx
say xl nested check vmx-off-plain
say xl nested no-such-domain
END
boot --guests "$guests" --cmd 'sh /guests/ask 2>&1' >"$WORK/out"
tr -d '\r' <"$WORK/out" | awk -v d="$WORK" '
    /^== / { n++ } n { print >(d "/part" n) }'

part()
{
    local n=$1 text
    shift
    for text; do
        if ! grep -qE -- "$text" "$WORK/part$n"; then
            echo "part $n does not say: $text"
            cat "$WORK/part$n"
            exit 1
        fi
    done
}

if [ "$HV" = xen ]; then
    part 1 'not Nidus' 'status 1'
    part 4 'this is Xen' 'status 0'
    exit
fi
part 1 '^nested-vmx +[0-9]+ +yes' '^Domain-0 +0 +no: .*nestedhvm' \
    'L1 has: EPT .*VPID' 'entries of an L2 +[1-9]' \
    'VMX instructions emulated +[1-9]' 'CPUID +0 +[1-9]' 'status 0'
part 2 '"nested": true' '"capabilities": \[' '"l2_entries": [1-9]' \
    '"reason": 10,' 'status 0'
part 3 '"nested": false' '"reason": "its configuration' 'status 0'
part 4 'made for nested' 'can start guests' 'status 0'
part 5 '^ok +the configuration has nestedhvm' 'default.cfg can start' 'status 0'
part 6 '^PROBLEM +the configuration has nestedhvm' 'cannot start' 'status 1'
part 7 '^PROBLEM +cpuid=' 'cannot start' 'status 1'
part 8 '^ok +the domain has VMX' 'status 0'
part 9 '^PROBLEM +its configuration has no nestedhvm' 'status 1'
part 10 'invalid domain identifier' 'status 1'
