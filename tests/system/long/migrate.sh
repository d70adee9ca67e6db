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
guests=$WORK/guests
rm -rf "$guests"
mkdir -p "$guests/ours"
cp -r "$BUILD/tests/guest/suspend" "$guests/suspend"
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
ours=/guests/ours/xl
theirs=xl
seen=0

free() { xl info | sed -n 's/^free_memory *: *//p'; }
domains() { xl list | tail -n +2 | wc -l; }
# Wait for a command to succeed, a minute of machine time at the most.
wait_for()
{
    tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        usleep 100000
    done
}
# The console of whatever is called "suspend" now.
watch_console()
{
    xl console suspend </dev/null >>/tmp/console 2>&1 &
}
# How often the guest has come back, and been ready for more.
rounds() { grep -a -c "suspend: $1" /tmp/console; }
more() { [ "$(rounds round)" -gt "$seen" ] && [ "$(rounds ready)" -gt $((seen + 1)) ]; }
# The result of the last step: NAME, and how the guest is to have come back.
went()
{
    if wait_for more && grep -a 'suspend: round' /tmp/console | tail -n 1 |
        grep -q " $2"; then
        echo "PASS $1"
    else
        echo "FAIL $1: $(grep -a round /tmp/console | tail -n 1)"
        tail -n 3 /tmp/log
    fi
    seen=$(rounds round)
}
# NAME COMMAND...: must fail, say something of one line or a few, and leave
# no domain.
refused()
{
    name=$1 && shift
    count=$(domains)
    if "$@" >/tmp/log 2>&1; then
        echo "FAIL $name: it was accepted"
    elif [ "$(domains)" -ne "$count" ]; then
        echo "FAIL $name: domains $count before, $(domains) after"
    elif [ ! -s /tmp/log ]; then
        echo "FAIL $name: no reason is given"
    else
        echo "PASS $name ($(grep -v '^Loading' /tmp/log | head -n 1))"
    fi
}

before=$(free)
: >/tmp/console
$ours create -q /guests/suspend/default.cfg || exit
watch_console
wait_for grep -q 'ready 1' /tmp/console || { cat /tmp/console; exit 1; }

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

# FROM TO NAME: the sender's transport is the receiver itself.
migrate()
{
    id=$(xl domid suspend)
    $1 migrate -s '' suspend "$2 migrate-receive" >/tmp/log 2>&1
    [ "$(domains)" -eq 2 ] && [ "$(xl domid suspend)" != "$id" ] ||
        echo "FAIL $3-one-left"
    watch_console
    went "$3" resumed
}
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

$theirs shutdown -w suspend >/tmp/log 2>&1
grep -a 'Test result' /tmp/console || wait_for grep -a 'Test result' /tmp/console
grep -a 'Test result' /tmp/console
grep -a -E 'Fail|Error|away' /tmp/console
for d in $(xl list | awk 'NR > 2 { print $2 }'); do xl destroy "$d"; done

# An L1 with an L2 that is stopped; Xen has no such state in its images.
if xl info | grep -q '^xen_extra.*nidus'; then
    : >/tmp/console
    seen=0
    $ours create -q /guests/suspend/nested.cfg
    watch_console
    wait_for grep -q 'ready 1' /tmp/console
    $ours save -c suspend /tmp/c.img 2>/tmp/log
    went nested-save-c cancelled
    $ours save suspend /tmp/c.img 2>/tmp/log
    $theirs restore /tmp/c.img >/tmp/log 2>&1
    watch_console
    went nested-restore resumed
    migrate $ours $ours nested-migrate
    $ours shutdown -w suspend >/tmp/log 2>&1
    wait_for grep -a 'Test result' /tmp/console
    grep -a 'Test result' /tmp/console | sed 's/^/nested: /'
    grep -a -E 'Fail|Error|away' /tmp/console
    for d in $(xl list | awk 'NR > 2 { print $2 }'); do xl destroy "$d"; done
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

same() { [ "$(free)" = "$before" ]; }
wait_for same
echo "memory before $before after $(free)"
xenstore-ls -f | sed 's/ =.*//' |
    grep -E '/local/domain/[1-9]|/libxl/|/vm/|/backend' >/tmp/nodes
echo "nodes $(wc -l </tmp/nodes)"
head -n 3 /tmp/nodes
# Debian's xl leaves its locks behind.
echo "files $(ls /var/lib/xen | grep -c userdata-d)"
ls /var/lib/xen
# Out to who can verify it.
for image in ours theirs; do
    dd if=/tmp/$image.img of=/dev/sda bs=64k conv=notrunc \
        seek=$([ $image = ours ] && echo 0 || echo 1024) 2>/dev/null
    echo "size $image $(stat -c %s /tmp/$image.img)"
done
sync
END

disk=$WORK/disk
truncate -s 128M "$disk"
status=0
boot --guests "$guests" --disk "$disk" --cpu-limit 500 \
    --cmd 'sh /guests/steps.sh' | tee "$WORK/output" || status=$?

bad=0
while read -r verdict name why; do
    name=${name%:}
    result "$verdict" "migrate/$name${why:+: $why}"
    [ "$verdict" = PASS ] || bad=1
done < <(grep -aE '^(PASS|FAIL) [a-z-]+' "$WORK/output" | tr -d '\r')
check()
{
    if grep -qaE "^$2.?\$" "$WORK/output"; then
        result PASS "migrate/$1"
    else
        result FAIL "migrate/$1: expected: $2"
        bad=1
    fi
}
check guest-is-content 'Test result: SUCCESS'
[ "$HV" != nidus ] || check nested-guest-is-content 'nested: Test result: SUCCESS'
check memory-back 'memory before ([0-9]+) after \1'
check nodes-gone 'nodes 0'
check files-gone 'files 0'

# Xen's own checker of images, and what it finds in ours and in Debian's.
debs=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-xen)/usr/lib/xen-4.17
for image in ours theirs; do
    size=$(sed -n "s/^size $image \([0-9]*\).*/\1/p" "$WORK/output")
    skip=$([ $image = ours ] && echo 0 || echo 1024)
    dd if="$disk" of="$WORK/$image.img" bs=64k skip="$skip" \
        count=$((${size:-0} / 65536 + 1)) 2>/dev/null
    truncate -s "${size:-0}" "$WORK/$image.img"
    if PYTHONPATH=$debs/lib/python python3 "$debs/bin/verify-stream-v2" \
        -f xl -v -i "$WORK/$image.img" >"$WORK/verify-$image.log" 2>&1; then
        result PASS "migrate/verify-stream-v2-$image"
    else
        result FAIL "migrate/verify-stream-v2-$image:" \
            "$(tail -n 1 "$WORK/verify-$image.log")"
        bad=1
    fi
done
rm -f "$disk" "$WORK"/*.img
[ $status -eq 0 ] || exit $status
exit $bad
