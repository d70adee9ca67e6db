#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest of two vCPUs that writes to its memory all the time is saved, restored
# and migrated live, once each; long/migrate.sh has all the rest.
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
rm /tmp/img
migrate xl xl migrate
ends_content guest-is-content
nothing_left "$before"
echo 'end of tests'
END

boot --guests "$guests" --cpu-limit 150 --cmd 'sh /guests/steps.sh' |
    tee "$WORK/output"
note_results save-restore
