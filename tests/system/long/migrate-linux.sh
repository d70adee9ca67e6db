#!/bin/bash
# SPDX-License-Identifier: MIT
# A stock Linux with two vCPUs, a clock and a checksum of its memory is saved,
# restored and migrated live, with our tools (TOOLS=debian: with Debian's).
. "$(dirname "$0")/../lib.sh"

kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
ln -s "$kernel/vmlinux" "$guests/vmlinux"
linux_initramfs initramfs "$kernel" <<'END'
# One part of memory stays, another is written anew all the time.
dd if=/dev/urandom of=/kept bs=64k count=16 2>/dev/null
md5sum /kept >/kept.sum
echo 0 >/written
md5sum /written >/written.sum
n=0
while :; do
    memory=good
    md5sum -c /kept.sum /written.sum >/dev/null 2>&1 || memory=BAD
    { echo $n; head -c 200000 /kept; } >/written
    md5sum /written >/written.sum
    read -r up idle </proc/uptime
    echo "guest: tick $n up ${up%.*} date $(date +%s) cpus $(nproc) memory $memory"
    n=$((n + 1))
    usleep 300000
done
END
linux_guest linux 2
cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
ticks() { grep -a -c 'guest: tick' /tmp/console; }
three_more() { [ "$(ticks)" -ge $((seen + 3)) ]; }
# Three ticks more; what they say of time and memory, against Dom0's clock.
went()
{
    seen=$(ticks)
    xl console linux </dev/null >>/tmp/console 2>&1 &
    wait_for three_more || echo "FAIL $1: no tick"
    grep -a 'guest: tick' /tmp/console | tail -n 1 | tr -d '\r' >/tmp/last
    read -r _ _ _ _ up _ date _ cpus _ memory </tmp/last
    off=$(($(date +%s) - date))
    # Uptime and wall clock go by the same seconds, away or not.
    base=${base:-$((date - up))}
    drift=$((date - up - base))
    if [ "$memory" = good ] && [ "$cpus" = 2 ] && [ $off -ge -1 ] &&
        [ $off -le 4 ] && [ $drift -ge -2 ] && [ $drift -le 2 ]; then
        echo "PASS $1"
    else
        echo "FAIL $1: off $off drift $drift: $(cat /tmp/last)"
    fi
}
xl create -q /guests/linux.cfg || exit
: >/tmp/console
went started
xl save linux /tmp/img >/tmp/log 2>&1 && ! xl domid linux 2>/dev/null ||
    cat /tmp/log
sleep 5
xl restore /tmp/img >/tmp/log 2>&1 || cat /tmp/log
went restored
rm /tmp/img
xl migrate -s '' linux 'xl migrate-receive' >/tmp/log 2>&1 || cat /tmp/log
went migrated
grep -a -c 'memory BAD' /tmp/console | sed 's/^/bad ticks: /'
xl shutdown -w linux >/dev/null && echo "shut down"
dmesg | grep -c 'soft lockup' | sed 's/^/lockups: /'
END

boot --guests "$guests" --cpu-limit 900 --cmd 'sh /guests/steps.sh' |
    tee "$WORK/output"
for step in started restored migrated; do
    if grep -qE "^PASS $step" "$WORK/output"; then
        result PASS "migrate-linux/$step"
    else
        result FAIL "migrate-linux/$step: $(grep "FAIL $step" "$WORK/output")"
        bad=1
    fi
done
check memory 'bad ticks: 0'
check shutdown 'shut down'
check no-lockup 'lockups: 0'
exit $bad
