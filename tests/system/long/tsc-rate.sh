#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests that were saved on a machine whose TSC has one rate are restored where
# it has another: with and without a processor that scales it.
. "$(dirname "$0")/../lib.sh"

later=1000000300 # seconds since 1970: minutes after what Bochs begins with
rate=50000000 other_rate=80000000
plain=corei7_haswell_4770 scaling=corei7_skylake_x
modes=(default always_emulate native)
disk=$WORK/disk slot=160 # MiB of the disk for each image

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
cp -r "$BUILD/tests/guest/suspend" "$guests/suspend"
cp "$NIDUS_TOP/tests/system/programs/suspend.sh" "$guests/"
for mode in "${modes[@]}"; do
    sed "\$a tsc_mode = \"$mode\"" "$guests/suspend/nested.cfg" \
        >"$guests/suspend/$mode.cfg"
done
echo 'cmdline = "native=1"' >>"$guests/suspend/native.cfg"
ln -s "$kernel/vmlinux" "$guests/vmlinux"
linux_initramfs initramfs "$kernel" <<'END'
n=0
while :; do
    read -r up idle </proc/uptime
    echo "guest: tick $n up $up"
    n=$((n + 1))
    usleep 500000
done
END
linux_guest linux 2

# Both parts. The first: start each guest, save it, put it on the disk.
cat >"$guests/images.sh" <<END
modes="${modes[*]}"
slot=$slot
END
cat >>"$guests/images.sh" <<'END'
. /guests/suspend.sh
wait_for [ -b /dev/sda ]
ticks() { grep -a -c 'guest: tick' /tmp/console; }
more_ticks() { [ "$(ticks)" -ge $((seen + $1)) ]; }
END
cat >"$guests/save.sh" <<'END'
. /guests/images.sh
n=0
# DOMAIN
store()
{
    xl save "$1" /tmp/img >/tmp/log 2>&1 || cat /tmp/log
    dd if=/tmp/img of=/dev/sda bs=1M seek=$((n * slot)) conv=notrunc 2>/dev/null
    echo "image $n $(stat -c %s /tmp/img)"
    rm /tmp/img
    n=$((n + 1))
}
for mode in $modes; do
    start_guest xl /guests/suspend/$mode.cfg || exit
    grep -a 'TSC at' /tmp/console
    store suspend
done
: >/tmp/console
xl create -q /guests/linux.cfg || exit
xl console linux </dev/null >>/tmp/console 2>&1 &
wait_for more_ticks 1
store linux
sync
echo 'end of tests'
END

# The second: get them back. WANT is who counts the TSC of mode default; what
# the other modes do is the same on all processors.
cat >"$guests/restore.sh" <<'END'
. /guests/images.sh
want=$1
# N SIZE
fetch()
{
    dd if=/dev/sda bs=1M skip=$(($1 * slot)) 2>/dev/null | head -c "$2" >/tmp/img
    xl restore /tmp/img >/tmp/log 2>&1 || cat /tmp/log
    rm /tmp/img
}
# DOMAIN NAME WHO: debug key s says who counts its TSC.
counted_by()
{
    xl debug-keys s
    line=$(xl dmesg | grep "d$(xl domid "$1"): mode=" | tail -n 1)
    case $line in
        *": $3"*) echo "PASS $2-is-$3" ;;
        *) echo "FAIL $2-is-$3: $line" ;;
    esac
}
uptime_cs() { read -r s _ </proc/uptime; echo "${s%.*}${s#*.}"; }
guest_cs() { grep -a 'guest: tick' /tmp/console | tail -n 1 | tr -d '\r.' | sed 's/.*up //'; }

n=-1
for mode in $modes; do
    n=$((n + 1))
    shift
    case $mode-$want in
        default-*) who=$want ;;
        always_emulate-emulated) who=emulated ;;
        native-emulated) who=native ;;
        *) continue ;;
    esac
    echo 'suspend: ready 1' >/tmp/console # as it was when it was saved
    seen=0
    fetch $n "$1"
    watch_console
    went $mode-restored resumed
    counted_by suspend $mode $who
    grep -a 'TSC at' /tmp/console
    xl shutdown -w suspend >/dev/null 2>&1
    wait_for grep -a 'Test result' /tmp/console
    if grep -a -q 'Test result: SUCCESS' /tmp/console; then
        echo "PASS $mode-content"
    else
        echo "FAIL $mode-content: $(grep -a Fail /tmp/console | head -n 1)"
    fi
    xl destroy suspend
done

: >/tmp/console
fetch $((n + 1)) "$2"
xl console linux </dev/null >>/tmp/console 2>&1 &
seen=0
wait_for more_ticks 2
pause=20000
seen=$(ticks)
wait_for more_ticks 1
ours=$(uptime_cs) theirs=$(guest_cs)
seen=$(ticks)
wait_for more_ticks 8
ours=$(($(uptime_cs) - ours)) theirs=$(($(guest_cs) - theirs))
permille=$((theirs * 1000 / ours))
if [ $permille -ge 970 ] && [ $permille -le 1030 ]; then
    echo "PASS linux-clock ($theirs cs in $ours)"
else
    echo "FAIL linux-clock: $theirs cs in $ours"
fi
counted_by linux linux "$want"
echo 'end of tests'
END

rm -f "$disk"
truncate -s $((slot * (${#modes[@]} + 1)))M "$disk"
boot --guests "$guests" --disk "$disk" --model $plain --ips $rate \
    --cpu-limit 200 --cmd 'sh /guests/save.sh' | tee "$WORK/output"
sizes=$(tr -d '\r' <"$WORK/output" | sed -n 's/^image [0-9]* //p' | xargs)
bad=0
for part in "$plain emulated" "$scaling scaled"; do
    read -r model want <<<"$part"
    boot --guests "$guests" --disk "$disk" --model "$model" --ips $other_rate \
        --time "$later" --cpu-limit 200 --cmd "sh /guests/restore.sh $want $sizes" |
        tee "$WORK/output"
    note_results "tsc-rate/$want" || bad=1
done
rm -f "$disk"
exit $bad
