#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that was started and saved on Debian's Xen goes on under Nidus with
# our tools, is saved there, and goes on under Debian's Xen; a disk has the
# image on the way.
. "$(dirname "$0")/../lib.sh"
[ "$HV/$TOOLS" = nidus/ours ] || skip "it has a Xen of its own"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
new_guests
disk=$WORK/disk
rm -f "$disk"
truncate -s 64M "$disk"
cp -r "$BUILD/tests/guest/suspend" "$guests/suspend"
cp "$NIDUS_TOP/tests/system/programs/suspend.sh" "$guests/"
cat >"$guests/carry.sh" <<'END'
. /guests/suspend.sh
until [ -b /dev/sda ]; do usleep 50000; done

# Save the guest, and tell the next machine what it has to know.
send()
{
    xl save suspend /tmp/img >/tmp/log 2>&1 || tail -n 5 /tmp/log
    dd if=/tmp/img of=/dev/sda bs=64k conv=notrunc 2>/dev/null
    sync
    echo "sent $(stat -c %s /tmp/img) bytes at $(date +%s)"
}
# SIZE SECONDS NAME: the guest that was sent goes on here. All machines begin
# at the same time of day, so this one waits until it would be that late.
receive()
{
    head -c "$1" /dev/sda >/tmp/img
    until [ "$(date +%s)" -gt "$2" ]; do usleep 100000; done
    echo 'suspend: ready elsewhere' >/tmp/console
    xl restore /tmp/img >/tmp/log 2>&1 || tail -n 5 /tmp/log
    watch_console
    went "$3" resumed
}
END

# leg HYPERVISOR TOOLS STEPS: one machine; sets size and sent, if it sends.
# Without what it was to send there is nothing for the next one to do.
leg()
{
    HV=$1 TOOLS=$2
    boot --guests "$guests" --disk "$disk" --cpu-limit 200 \
        --cmd ". /guests/carry.sh; $3; echo 'end of tests'" | tee "$WORK/output"
    cp "$WORK/serial" "$WORK/serial-$1-$2"
    note_results migrate-xen || exit 1
    if [[ $3 == *send* ]]; then
        read -r _ size _ _ sent < <(grep '^sent ' "$WORK/output" | tr -d '\r') ||
            exit 1
    fi
}
leg xen debian 'start_guest xl /guests/suspend/default.cfg && send'
leg nidus ours "before=\$(free); receive $size $sent xen-to-nidus; send
    nothing_left \$before"
leg xen debian "receive $size $sent nidus-to-xen; ends_content guest-is-content"
rm -f "$disk"
