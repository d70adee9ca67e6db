#!/bin/bash
# SPDX-License-Identifier: MIT
# Two CPUs: pools of one each, domains that move between them, and affinity.
. "$(dirname "$0")/../lib.sh"
[ "$HV" = nidus ] || skip "real Xen is not preempted in the emulator"

guests=$WORK/guests
make_hogs "$guests" hog
cat >"$guests/steps.sh" <<'END'
. /guests/hogs.sh
# Where the vCPU of a domain runs.
where() { xl vcpu-list "$1" | awk 'NR == 2 { print $1, "on CPU", $4 }'; }

xl cpupool-cpu-remove Pool-0 1 && xl cpupool-list -c
says xl vcpu-pin 0 0 1
xl cpupool-create 'name="second"' 'sched="null"' >/dev/null &&
    xl cpupool-list
xl create -q /guests/light.cfg 'pool="second"'
xl create -q /guests/heavy.cfg
measure 2 apart
where light
where heavy
says xl cpupool-destroy second
says xl cpupool-cpu-remove second 1
xl cpupool-migrate light Pool-0 && where light
xl cpupool-destroy second && xl cpupool-cpu-add Pool-0 1 && xl cpupool-list -c
xl vcpu-pin light 0 1 && xl vcpu-pin heavy 0 1
measure 3 together
where light
where heavy
xl vcpu-pin light 0 all 1 && xl vcpu-pin heavy 0 all 0
measure 2 preferred
where light
where heavy
for d in light heavy; do xl destroy $d; done
END

boot --cpus 2 --guests "$guests" --cpu-limit 600 \
    --cmd 'sh /guests/steps.sh' | tee "$WORK/output"

bad=0
# check NAME LINES: these, and no others between them, in this order.
check()
{
    if grep -qzP "(^|\n)$2 *\n" "$WORK/output"; then
        result PASS "cpupools/$1"
    else
        result FAIL "cpupools/$1: expected: $2"
        bad=1
    fi
}
check cpu-removed 'Pool-0 +0'
check pin-outside-the-pool 'xl vcpu-pin: [1-9][0-9]*'
check second-pool 'second +1 +null +y +0'
check apart 'apart: light (19|2[0-9]) heavy (1[5-9]|2[0-9])\nlight on CPU 1\nheavy on CPU 0'
check pool-in-use 'xl cpupool-destroy: [1-9][0-9]*'
check last-cpu-of-a-pool 'xl cpupool-cpu-remove: [1-9][0-9]*'
check migrated 'light on CPU 0'
check cpu-added 'Pool-0 +0,1'
check together 'together: light (9|1[0-3]) heavy (19|2[0-6])\nlight on CPU 1\nheavy on CPU 1'
check preferred 'preferred: light (1[89]|2[0-9]) heavy (1[4-9]|2[0-9])\nlight on CPU 1\nheavy on CPU 0'
exit $bad
