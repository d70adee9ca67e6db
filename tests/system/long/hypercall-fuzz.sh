#!/bin/bash
# SPDX-License-Identifier: MIT
# Millions of made-up hypercalls, from two vCPUs that race each other, with
# several seeds: the guest ends as it should, the hypervisor's books are clean,
# Dom0 is well and free memory is back. CALLS=N: about how many in all (default
# 10000000); SEEDS: with which.
. "$(dirname "$0")/../lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
guests=$WORK/guests
rm -rf "$guests"
mkdir -p "$guests"
cp -r "$BUILD/tests/guest/hypercall-fuzz" "$guests/"
seeds=${SEEDS:-1 2 3 4}
calls=${CALLS:-10000000}
# Every eighth round is of 4.5 calls on average, and of a multicall; two vCPUs.
rounds=$((calls * 16 / 25 / $(wc -w <<<"$seeds") / 2))

cat >"$guests/steps.sh" <<'END'
rounds=$1
shift
free() { xl debug-keys m; xl dmesg | sed -n 's/.*, free \([0-9]*\) KiB.*/\1/p' | tail -n 1; }
audit() { xl debug-keys O; xl dmesg | sed -n 's/.*audit: //p' | tail -n 1; }
# Until the domain has said how it went; looking costs the guest its time.
one()
{
    : >/tmp/console
    xl create -q -c /guests/hypercall-fuzz/racing.cfg "cmdline='seed=$1 rounds=$2'" \
        </dev/null >/tmp/console 2>&1 &
    until grep -q 'Test result' /tmp/console || ! kill -0 $!; do sleep 1; done
    during=$(audit)
    xl destroy hypercall-race
    wait
    total=$(awk '/^vCPU/ { n[$2] = $3 } END { print n["0:"] + n["1:"] }' /tmp/console)
    result=$(sed -n 's/.*Test result: \([A-Z]*\).*/\1/p' /tmp/console)
    echo "done seed $1: $result, $total calls, audit $during, then $(audit)"
    [ "$result" = SUCCESS ] || tail -n 30 /tmp/console
}
one 0 1000 >/dev/null # what the first domain of all leaves is no leak
before=$(free)
for seed; do one "$seed" "$rounds"; done
tries=200
until [ "$(free)" = "$before" ] || [ $tries -eq 0 ]; do
    usleep 50000
    tries=$((tries - 1))
done
echo "memory $before then $(free)"
echo "complaints $(dmesg | grep -cE 'BUG:|Oops|soft lockup|rcu.*stall|Call Trace')"
END

boot --guests "$guests" --cpu-limit "${LIMIT:-3000}" --wall-limit 6000 \
    --cmd "sh /guests/steps.sh $rounds $seeds" | tee "$WORK/output"
bad=0
for seed in $seeds; do
    if grep -q "^done seed $seed: SUCCESS, .* audit clean, then clean" "$WORK/output"; then
        result PASS "hypercall-fuzz/seed-$seed"
    else
        result FAIL "hypercall-fuzz/seed-$seed: $(grep "seed $seed:" "$WORK/output")"
        bad=1
    fi
done
for line in 'memory ([0-9]+) then \1' 'complaints 0'; do
    if ! grep -qxE "$line.?" "$WORK/output"; then
        result FAIL "hypercall-fuzz: expected: $line"
        bad=1
    fi
done
awk '/^done seed/ { n += $5 } END { print n " calls in all" }' "$WORK/output"
exit $bad
