#!/bin/bash
# SPDX-License-Identifier: MIT
# Nidus as a guest of Nidus: booted by GRUB from the guest's disk, with a Dom0
# and tools of its own, where xl creates guests, which are L2s; one of them is
# an L1 itself. And Nidus straight by its PVH entry, as far as it gets without
# an initramfs for its Dom0.
. "$(dirname "$0")/../lib.sh"
[ "$HV" = nidus ] || skip "it is about ourselves"

make -s --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
grub=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-grub)
guests=$WORK/guests inner=$WORK/inner
rm -rf "$guests" "$inner"
mkdir -p "$guests" "$inner"

# What the inner Dom0 has in /guests, and does.
cp -r "$BUILD"/tests/guest/{run-cases,hypercall,nested-vmx} "$inner"
"$NIDUS_TOP/scripts/boot" --guests "$inner" --dom0-mem 320 \
    --hv-args "console=e9" \
    --cmd 'xl info; /guests/run-cases -v hypercall nested-vmx' \
    --disk-for-guest "$guests/disk"
cp "$grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$guests/grub"
ln -s "$("$NIDUS_TOP/scripts/kernel.sh")/vmlinux" "$guests/vmlinux"
cp "$BUILD/nidus.gz" "$guests/pvh"

for name in grub pvh; do
    cat >"$guests/$name.cfg" <<END
type = "pvh"
name = "$name"
kernel = "/guests/$name"
memory = 768
vcpus = 1
nestedhvm = 1
on_crash = "destroy"
on_reboot = "destroy"
END
done
echo 'disk = [ "/guests/disk,raw,xvda,r" ]' >>"$guests/grub.cfg"
cat >>"$guests/pvh.cfg" <<'END'
ramdisk = "/guests/vmlinux"
cmdline = "console=e9 loglvl=all guest_loglvl=all noreboot dom0_mem=256M"
END

boot --guests "$guests" --cpu-limit 500 --cmd "names='${NAMES:-pvh grub}'"'
    modprobe loop
    modprobe xen-blkback
    for name in $names; do
        xl create "/guests/$name.cfg"
        tries=3000
        until ! xl domid $name >/dev/null 2>&1 || [ $tries = 0 ]; do
            usleep 100000
            tries=$((tries - 1))
        done
        xl destroy $name 2>/dev/null
    done
    true'

# What they print by the debug port, each line marked with their number.
status=0
check()
{
    if grep -aqE "^\(d[0-9]+\) .*$2" "$WORK/serial"; then
        result PASS "nidus-in-nidus/$1"
    else
        result FAIL "nidus-in-nidus/$1: not printed: $2"
        status=1
    fi
}
for name in ${NAMES:-pvh grub}; do
    case $name in
        pvh)
            check pvh-entry 'Loaded by .*\(PVH\)'
            check pvh-dom0 'VFS: Unable to mount root fs'
            ;;
        grub)
            check grub-entry 'Loaded by GRUB .*\(multiboot2\)'
            check tools 'xen_version +: 4\.17\.0-nidus'
            check guests '2 passed, 0 failed'
            ;;
    esac
done
exit $status
