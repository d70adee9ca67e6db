#!/bin/bash
# SPDX-License-Identifier: MIT
# Save, restore and live migration of a tiny guest with two vCPUs that writes
# to its memory all the time (tests/guest/suspend), with our xl and Debian's
# and from each to the other; what is refused; that nothing is left behind.
# On Xen: HV=xen T=migrate scripts/check long.
export TOOLS=debian
. "$(dirname "$0")/../lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
make --no-print-directory -C "$NIDUS_TOP/tools" BUILD="$BUILD" >&2
new_guests
mkdir "$guests/ours"
cp -r "$BUILD/tests/guest/suspend" "$guests/suspend"
cp "$NIDUS_TOP/tests/system/programs/suspend.sh" "$guests/"
# Our xl beside Debian's tools, with the libraries that those do not bring.
cp "$BUILD/tools/sbin/xl" "$guests/ours/xl.bin"
copy_with_libraries "$guests/ours" "$guests/ours/xl.bin"
find "$guests/ours" -name '*.so*' -exec mv -t "$guests/ours" {} +
rm -f "$guests"/ours/{libc.so*,libm.so*,ld-linux*}
cat >"$guests/ours/xl" <<'END'
#!/bin/sh
LD_LIBRARY_PATH=/guests/ours exec /guests/ours/xl.bin "$@"
END
chmod +x "$guests/ours/xl"

cat >"$guests/steps.sh" <<'END'
. /guests/suspend.sh
ours=/guests/ours/xl
theirs=xl

before=$(free)
start_guest $ours /guests/suspend/default.cfg || exit

$ours save -c suspend /tmp/c.img 2>/tmp/log
went save-c-ours cancelled
$theirs save -c suspend /tmp/d.img >/tmp/log 2>&1
went save-c-debian cancelled
refused name-in-use $ours restore /tmp/c.img

$ours save suspend /tmp/ours.img 2>/tmp/log
[ "$(domains)" -eq 1 ] || echo "FAIL saved-domain-gone"
$theirs restore /tmp/ours.img >/tmp/log 2>&1
watch_console
went ours-to-debian resumed
$theirs save suspend /tmp/theirs.img >/tmp/log 2>&1
$ours restore /tmp/theirs.img >/tmp/log 2>&1
watch_console
went debian-to-ours resumed

migrate $ours $ours migrate-ours
migrate $theirs $theirs migrate-debian
migrate $ours $theirs migrate-ours-to-debian
migrate $theirs $ours migrate-debian-to-ours

# The domain stays when its image cannot be written, or not be received.
mkdir -p /tmp/small
mount -t tmpfs -o size=4m none /tmp/small
refused save-to-full-disk $ours save suspend /tmp/small/img
went goes-on-after-failed-save cancelled
[ ! -e /tmp/small/img ] || echo "FAIL half-an-image-left"
refused migrate-to-nobody $ours migrate -s '' suspend false
refused migrate-cut-off $ours migrate -s '' suspend \
    'head -c 3000000 | /guests/ours/xl migrate-receive'
seen=$(rounds round)
$ours save -c suspend /tmp/c.img 2>/tmp/log
went goes-on-after-failed-migration cancelled

ends_content guest-is-content

# An L1 with an L2 that is stopped; Xen has no such state in its images.
if xl info | grep -q '^xen_extra.*nidus'; then
    start_guest $ours /guests/suspend/nested.cfg
    $ours save -c suspend /tmp/c.img 2>/tmp/log
    went nested-save-c cancelled
    $ours save suspend /tmp/c.img 2>/tmp/log
    $theirs restore /tmp/c.img >/tmp/log 2>&1
    watch_console
    went nested-restore resumed
    migrate $ours $ours nested-migrate
    ends_content nested-guest-is-content
    rm /tmp/c.img
fi

# Damaged images.
head -c 100000 /tmp/ours.img >/tmp/bad.img
refused truncated $ours restore /tmp/bad.img
head -c 20 /tmp/ours.img >/tmp/bad.img
refused cut-in-header $ours restore /tmp/bad.img
cp /tmp/ours.img /tmp/bad.img
printf 'x' | dd of=/tmp/bad.img bs=1 conv=notrunc 2>/dev/null
refused wrong-magic $ours restore /tmp/bad.img
refused not-an-image $ours restore /guests/suspend/kernel.elf
refused no-file $ours restore /tmp/nothing
head -c $(($(stat -c %s /tmp/ours.img) - 100)) /tmp/ours.img >/tmp/bad.img
refused cut-at-the-end $ours restore /tmp/bad.img
# A feature that no machine has, ECX of leaf 1, is wanted: where the policy's
# second leaf is follows from the length of the configuration.
cp /tmp/ours.img /tmp/bad.img
length=$(($(od -An -tu4 -j44 -N4 /tmp/bad.img)))
printf '\377\377\377\377' | dd of=/tmp/bad.img bs=1 conv=notrunc \
    seek=$((48 + length + 16 + 8 + 24 + 16 + 8 + 24 + 16)) 2>/dev/null
refused policy-not-offered $ours restore /tmp/bad.img
grep -q 'leaf 0x1' /tmp/log || echo "FAIL leaf-named: $(head -n 3 /tmp/log)"
sed 's/^memory.*/memory = 100000/' /guests/suspend/default.cfg >/tmp/big.cfg
refused too-little-memory $ours restore /tmp/big.cfg /tmp/ours.img

nothing_left "$before"
# Debian's xl leaves its locks behind, and Dom0 has its own file.
files=$(ls /var/lib/xen | grep 'userdata-d\.[1-9]' | xargs)
if [ -z "$files" ]; then echo "PASS files-gone"; else echo "FAIL files-gone: $files"; fi
# Out to who can verify it.
for image in ours theirs; do
    dd if=/tmp/$image.img of=/dev/sda bs=64k conv=notrunc \
        seek=$([ $image = ours ] && echo 0 || echo 1024) 2>/dev/null
    echo "size $image $(stat -c %s /tmp/$image.img)"
done
sync
echo 'end of tests'
END

disk=$WORK/disk
truncate -s 128M "$disk"
status=0
boot --guests "$guests" --disk "$disk" --cpu-limit 500 \
    --cmd 'sh /guests/steps.sh' | tee "$WORK/output" || status=$?

bad=0
note_results migrate || bad=1

# Ours, and Debian's behind it.
for image in ours:0 theirs:64; do
    size=$(sed -n "s/^size ${image%:*} \([0-9]*\).*/\1/p" "$WORK/output")
    verify_image "$disk" "${image#*:}" "${size:-0}" \
        "migrate/verify-stream-v2-${image%:*}" || bad=1
done
rm -f "$disk"
[ $status -eq 0 ] || exit $status
exit $bad
