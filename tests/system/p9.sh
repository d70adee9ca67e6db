#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests mount directories of Dom0's by 9P: the stock front end, and as back end
# Debian's QEMU for Xen, which the toolstack starts and ends.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

qemu=/usr/libexec/xen-qemu-system-i386
[ -x $qemu ] || skip "the package qemu-system-xen is not installed"
kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
ln -s "$kernel/vmlinux" "$guests/vmlinux"

# As large as Dom0 without it: only in this test's boots.
mkdir -p "$guests/qemu/usr/libexec" "$guests/qemu/usr/share/qemu/keymaps"
cp $qemu "$guests/qemu/usr/libexec/"
copy_with_libraries "$guests/qemu" $qemu
# Debian's xl wants a VNC server that is off, which wants a keyboard.
cp /usr/share/qemu/keymaps/en-us "$guests/qemu/usr/share/qemu/keymaps/"

mkdir "$guests/share"
dd if=/dev/urandom of="$guests/share/from-dom0" bs=100k count=7 status=none
dom0_sum=$(md5sum <"$guests/share/from-dom0" | cut -c1-16)

linux_initramfs initramfs "$kernel" net/9p/9pnet net/9p/9pnet_xen \
    fs/netfs/netfs fs/fscache/fscache fs/9p/9p <<'END'
dmesg -n 4
say() { echo "guest: $*"; }
sum() { md5sum | cut -c1-16; }
has() { until test "$@"; do usleep 200000; done; }
connected() { grep -q Connected /sys/bus/xen/devices/9pfs-$1/state; }
share()
{
    until connected "$1"; do usleep 200000; done
    mkdir "/$2"
    mount -t 9p -o trans=xen,version=9p2000.L,msize=65536 "$2" "/$2"
}
share 0 share
share 1 mapped
say "list $(ls /share | tr '\n' ' ')"
say "read $(sum </share/from-dom0)"
dd if=/dev/urandom of=/tmp/own bs=77777 count=7 2>/dev/null
cp /tmp/own /share/from-guest
say "wrote $(sum </tmp/own)"
mkdir /share/dir && mv /share/from-guest /share/dir/moved
i=0; while [ $i -lt 40 ]; do i=$((i + 1)); echo $i >/share/dir/$i; done
say "many $(ls /share/dir | wc -l)"
rm /share/dir/[1-9]*
echo secret >/mapped/file && chown 1000:100 /mapped/file && chmod 640 /mapped/file
say "owner $(stat -c '%u:%g %a' /mapped/file)"
mount -t 9p -o trans=xen nosuch /mnt 2>/dev/null || say "no other share"
say "done"
has -e /share/go
say "go $(cat /share/go)"
poweroff -f
END
linux_guest guest 1
cat >>"$guests/guest.cfg" <<'END'
p9 = [ "tag=share,path=/guests/share,security_model=none",
       "tag=mapped, path=/srv/mapped, security_model=mapped-file" ]
END

cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
sum() { md5sum | cut -c1-16; }
qemus() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -c '^-xen-domid'; }
# What is there beside Dom0, of QEMU and of its domain.
rest()
{
    echo "qemu $(qemus) sockets $(ls /run/xen | grep -c qmp)" \
        "nodes $(xenstore-ls -f | grep -c -e backend/ -e device-model/ -e ^/libxl/)" \
        "domains $(domains)"
}
nothing() { [ "$(rest)" = "qemu 0 sockets 0 nodes 0 domains 1" ]; }
# NAME WORDS SETTING...: no domain comes of that, and nothing is left over.
refused()
{
    name=$1 words=$2 && shift 2
    if xl create -q /guests/guest.cfg "$@" >/tmp/out 2>&1; then
        echo "$name was taken" && xl destroy guest
    elif grep -q -- "$words" /tmp/out && nothing; then
        echo "$name refused"
    else
        echo "$name: $(cat /tmp/out) $(rest)"
    fi
}

mkdir -p /srv/mapped
refused no-qemu 'qemu-system-xen'
(cd /guests/qemu && find . -type f) | while read -r file; do
    [ -e "/$file" ] && continue
    mkdir -p "/${file%/*}" && ln -s "/guests/qemu/$file" "/$file"
done
refused no-tag . 'p9=["path=/srv,security_model=none"]'
if [ -n "$OURS" ]; then # Xen's leaves these to QEMU, which waits for the guest
    refused no-directory 'No such file' \
        'p9=["tag=t,path=/nowhere,security_model=none"]'
    refused file 'Not a directory' \
        'p9=["tag=t,path=/guests/steps.sh,security_model=none"]'
    refused model 'not one of' 'p9=["tag=t,path=/srv,security_model=open"]'
fi

xl create -q /guests/guest.cfg && echo "created"
mkfifo /tmp/guest
xl console guest </dev/null >/tmp/guest 2>&1 &
exec 3</tmp/guest
hear "guest: done"
echo "running: $(rest)"
echo "got $(sum </guests/share/dir/moved)"
echo "dir $(ls /guests/share/dir | tr '\n' ' ')"
echo "mapped $(stat -c '%u:%g' /srv/mapped/file) $(cat /srv/mapped/file)"
echo "config $(xl list -l guest | grep -A 5 p9s | tr -d ' \n')"
# Written in one step, so that the guest never sees half of it.
echo "now" >/guests/share/new && mv /guests/share/new /guests/share/go
hear "guest: go"
wait_for nothing && echo "nothing is left after its end"

xl create -q -p /guests/guest.cfg && echo "paused: $(rest)"
xl destroy guest && wait_for nothing && echo "nothing is left of one destroyed"

# From here on QEMU is what standard input says.
qemu_is()
{
    rm "$QEMU" && { echo '#!/bin/sh' && cat; } >"$QEMU" && chmod +x "$QEMU"
}
qemu_is <<'QEMU'
echo "I do not start"
exit 1
QEMU
refused qemu-fails .
grep -q 'do not start' /var/log/xen/qemu-dm-guest.log && echo "it is in the log"
[ -n "$OURS" ] || exit 0

# One that is ready at once, and does not end when it is told to.
qemu_is <<'QEMU'
for n in 0 1; do xenstore-write backend/9pfs/$2/$n/state 2; done
xenstore-write device-model/$2/state running
trap '' HUP
while :; do sleep 1; done
QEMU
xl create -q -p /guests/guest.cfg && xl destroy guest 2>/tmp/out && nothing &&
    grep -q 'is killed' /tmp/out && echo "one that stays is killed"

# Its pid has become that of somebody else.
xl create -q -p /guests/guest.cfg
node=/local/domain/$(xl domid guest)/image/device-model-pid
kill -KILL "$(xenstore-read $node)"
sleep 1000 &
xenstore-write $node $!
xl destroy guest && nothing && kill $! && echo "somebody else lives on"
END

boot --guests "$guests" --cpu-limit 150 \
    --cmd "QEMU=$qemu OURS=$([ "$TOOLS" = ours ] && echo y) sh /guests/steps.sh" |
    tee "$WORK/output"

check qemu-missing 'no-qemu refused'
check no-tag 'no-tag refused'
if [ "$TOOLS" = ours ]; then
    check no-directory 'no-directory refused'
    check file 'file refused'
    check security-model 'model refused'
fi
check create 'created'
check list 'guest: list from-dom0 '
check read "guest: read $dom0_sum"
check write "got $(sed -n 's/^guest: wrote \([0-9a-f]*\).*/\1/p' "$WORK/output")"
check many 'guest: many 41'
check rename 'dir moved '
check mapped-in-guest 'guest: owner 1000:100 640'
check mapped-in-dom0 'mapped 0:0 secret'
check no-other-share 'guest: no other share'
check from-dom0-later 'guest: go now'
check one-qemu 'running: qemu 1 sockets 2 nodes [0-9]+ domains 2'
check xl-list 'config "p9s":\[\{"tag":"share","path":"/guests/share","security_model":"none".*'
check shutdown 'nothing is left after its end'
check paused 'paused: qemu 1 sockets 2 nodes [0-9]+ domains 2'
check destroy 'nothing is left of one destroyed'
check qemu-fails 'qemu-fails refused'
check log 'it is in the log'
if [ "$TOOLS" = ours ]; then
    check killed 'one that stays is killed'
    check other-process 'somebody else lives on'
fi
[ $bad = 0 ] || exit 1
