# mkbare.sh "L2 cmdline" out.iso
cd /tmp/guests; rm -rf ir; mkdir ir; (cd ir; lz4 -dc ../build/examples/nested-demo/initramfs | cpio -id --quiet)
[ -z "$1" ] || echo "$1" > ir/l2/cmdline
(cd ir; find . -mindepth 1| cpio -o -H newc --quiet) | lz4 -l -q > iso/boot/initramfs
grub-mkrescue -o $2 iso >/dev/null 2>&1
