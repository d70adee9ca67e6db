#!/bin/bash
# SPDX-License-Identifier: MIT
# Weights, caps, affinity, the rate limit and pools of CPUs: domains that burn
# time get what they should.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

guests=$WORK/guests
kind=deaf-hog
[ "$HV" = nidus ] || kind=hog # the emulator takes no interrupts there
make_hogs "$guests" $kind
cat >"$guests/steps.sh" <<'END'
. /guests/hogs.sh
for d in light heavy; do xl create -q /guests/$d.cfg || echo "no $d"; done
xl sched-credit2 -d heavy | tail -n 1
measure 4 weights
xl sched-credit2 -d heavy -c 20
measure 4 cap
xl sched-credit2 -d heavy -w 256 -c 0
measure 4 equal
xl vcpu-pin heavy 0 0 && xl vcpu-list heavy | tail -n 1
says xl vcpu-pin heavy 0 63
xl sched-credit2 -s -r 5000 && xl sched-credit2 -s
says xl sched-credit2 -s -r 50
printf 'name = "other"\nsched = "null"\ncpus = []\n' >/tmp/pool
xl cpupool-create /tmp/pool >/dev/null && xl cpupool-list
says xl cpupool-migrate light other
says xl cpupool-cpu-remove Pool-0 0
echo "still $(xl cpupool-list -c Pool-0 | tail -n 1)"
says xl cpupool-destroy Pool-0
xl cpupool-rename other spare && xl cpupool-destroy spare && xl cpupool-list
for d in light heavy; do xl destroy $d; done
END

name=$(basename "$0" .sh)

# "label: light L heavy H": H in percent of both is as expected, as near as
# tenths of a second say, and together they had three of four seconds.
check_share()
{
    local share light heavy
    if ! read -r light heavy < <(sed -n \
        "s/^$1: light \([0-9]*\) heavy \([0-9]*\).*/\1 \2/p" "$WORK/output"); then
        result FAIL "$name/$1: no figures"
        bad=1
        return
    fi
    share=$((heavy * 100 / (light + heavy + (light + heavy == 0))))
    if [ $((share > $2 ? share - $2 : $2 - share)) -le 4 ] &&
        [ $((light + heavy)) -ge 30 ]; then
        result PASS "$name/$1: $share %"
    else
        result FAIL "$name/$1: light $light heavy $heavy, expected $2 %"
        bad=1
    fi
}

boot --guests "$guests" --cpu-limit 300 --cmd 'sh /guests/steps.sh' |
    tee "$WORK/output"
check created 'heavy +[0-9]+ +512 +0 *'
check_share weights 66
check_share cap 20
check_share equal 50
check pin 'heavy +[0-9]+ +0 .*all / all *'
check pin-nowhere 'xl vcpu-pin: [1-9].*'
check ratelimit 'Cpupool Pool-0: ratelimit=5000us'
check ratelimit-bounds 'xl sched-credit2: [1-9].*'
check pool 'other +0 +null +y +0 *'
check pool-without-cpus 'xl cpupool-migrate: [1-9].*'
# Debian's xl says so, but by no exit status.
[ "$TOOLS" = debian ] || check last-cpu 'xl cpupool-cpu-remove: [1-9].*'
check last-cpu-stays 'still Pool-0 +0'
check pool-0-stays 'xl cpupool-destroy: [1-9].*'
[ "$(grep -cE '^Pool-0 +1 +credit2 +y +3' "$WORK/output")" = 2 ] ||
    { result FAIL "$name/pool-gone" && bad=1; }
exit $bad
