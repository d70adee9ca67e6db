#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest of two vCPUs that writes to its memory all the time is saved, restored
# and migrated live, once each, and Xen's checker reads its image;
# long/migrate.sh has all the rest.
. "$(dirname "$0")/lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
new_guests
cp -r "$BUILD/tests/guest/suspend" "$guests/suspend"
cp "$NIDUS_TOP/tests/system/programs/suspend.sh" "$guests/"
cat >"$guests/steps.sh" <<'END'
. /guests/suspend.sh

before=$(free)
start_guest xl /guests/suspend/default.cfg || exit
xl save -c suspend /tmp/img >/tmp/log 2>&1
went save-and-continue cancelled
xl save suspend /tmp/img >/tmp/log 2>&1
refused saved-domain-is-gone xl domid suspend
head -c 100000 /tmp/img >/tmp/bad
refused truncated-image xl restore /tmp/bad
xl restore /tmp/img >/tmp/log 2>&1
watch_console
went restore resumed
until [ -b /dev/sda ]; do usleep 50000; done
dd if=/tmp/img of=/dev/sda bs=64k conv=notrunc 2>/dev/null && sync
echo "image $(stat -c '%s %a' /tmp/img)"
rm /tmp/img
migrate xl xl migrate
ends_content guest-is-content
nothing_left "$before"
echo 'end of tests'
END

disk=$WORK/disk
truncate -s 64M "$disk"
boot --guests "$guests" --disk "$disk" --cpu-limit 150 \
    --cmd 'sh /guests/steps.sh' | tee "$WORK/output"
bad=0
note_results save-restore || bad=1
read -r size mode < <(tr -d '\r' <"$WORK/output" | sed -n 's/^image //p')
if [ "$TOOLS" = ours ]; then # Xen's xl lets everybody read it
    if [ "$mode" = 600 ]; then
        result PASS save-restore/image-is-private
    else
        result FAIL "save-restore/image-is-private: mode $mode"
        bad=1
    fi
fi
verify_image "$disk" 0 "${size:-0}" save-restore/verify-stream-v2 || bad=1
rm -f "$disk"
exit $bad
