# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs in Dom0: Debian's programs, each with what it prints and how it ends on
# Xen 4.17 where machines do not differ. Called by tests/system/xen-utils.sh.

. /guests/lib.sh

# Ours says what real Xen would not: Dom0 is PVH, so no PV.
nidus=no
! xl info | grep -q 'xen_extra.*nidus' || nidus=yes

t xl-info 0 '^xen_version *: 4\.17\.' xl info
t xl-info-numa 0 '^ *0: +0 +0 +0$' xl info -n
t xl-list 0 '^Domain-0 +0 +[0-9]+ +1 +r----- +[0-9.]+$' xl list
t xl-list-long 0 '"target_memkb": [0-9]+' xl list -l
t xl-list-verbose 0 '^Domain-0 .* 00000000-0000-0000-0000-000000000000 ' \
    xl list -v
t xl-vm-list 0 '^00000000-.* 0 +Domain-0' xl vm-list
t xl-vcpu-list 0 '^Domain-0 +0 +0 +0 +r-- +[0-9.]+ +all / all$' xl vcpu-list
t xl-uptime 0 '^Domain-0 +0 +0:0[0-9]:' xl uptime
t xl-claims 0 '^Domain-0 +0 .* 0$' xl claims
t xl-cpupool-list 0 '^Pool-0 +1 +credit2 +y +1$' xl cpupool-list
t xl-cpupool-list-cpus 0 '^Pool-0 +0$' xl cpupool-list -c
t xl-sched-credit2 0 '^Domain-0 +0 +256 +0$' xl sched-credit2
t xl-dmesg 0 '[a-z]' 'xl dmesg | tail -n 3'
t xl-debug-keys 0 "'q' pressed" 'xl debug-keys q; xl dmesg | tail -n 40'
t xl-debug-keys-all 0 'done' \
    'for k in h 0 d e g m r t i v q M s c u p; do xl debug-keys $k || exit; done
    xl list >/dev/null && echo done'
if [ $nidus = yes ]; then
    t xl-debug-keys-cpus 0 'State of d0v0' 'xl debug-keys d; xl dmesg | tail -n 30'
    t exit-counters 0 '^counted$' 'xl set-parameters exit-counters=yes
    xl debug-keys P; xl list >/dev/null; xl debug-keys p
    xl dmesg | tail -n 30 | grep -q "CPU0 VMCALL *[1-9]" && echo counted'
    t exit-counters-off 0 '^same$' 'xl set-parameters exit-counters=no
    xl debug-keys p; xl dmesg | tail -n 30 | grep VMCALL >/tmp/one; xl list >/dev/null
    xl debug-keys p; xl dmesg | tail -n 30 | grep VMCALL | tail -n 1 >/tmp/two
    [ "$(tail -n 1 /tmp/one)" = "$(cat /tmp/two)" ] && echo same'
fi
t xl-dmesg-clear 0 '^0 lines' \
    'xl dmesg -c >/dev/null; echo "$(xl dmesg | wc -l) lines"'
t xl-domid 0 '^0$' xl domid Domain-0
t xl-domid-unknown 1 'maybe this domain does not exist' xl domid nosuch
t xl-domname 0 '^Domain-0$' xl domname 0
t xl-vcpu-pin 0 '^ok' 'xl vcpu-pin 0 0 all && xl vcpu-pin 0 0 0 && echo ok'
t xl-vcpu-pin-nowhere 1 'Invalid argument' xl vcpu-pin 0 0 5
t xl-vcpu-set 0 '^1$' 'xl vcpu-set 0 1; nproc'
t xl-sharing 0 '^Domain-0 +0 +[0-9]+ +0$' xl sharing
t xl-psr-hwinfo 253 'Enabled +: 0' xl psr-hwinfo
t xl-psr-cmt-show 255 'CMT is disabled' xl psr-cmt-show cache-occupancy
t xl-psr-cat-show 253 'Failed to get info' xl psr-cat-show
t xl-getenforce 255 'Flask XSM Disabled' xl getenforce
t xl-setenforce 255 'Flask XSM disabled' xl setenforce 1
t xl-block-list 0 '^Vdev  BE' xl block-list 0
t xl-network-list 0 '^Idx BE' xl network-list 0
t xl-destroy-dom0 1 'Not destroying domain 0' xl destroy 0
t xl-set-parameters 0 '^info/warning$' \
    'xl set-parameters loglvl=info/warning
    xenhypfs cat /params/loglvl; xl set-parameters loglvl=all'
t xl-set-parameters-unknown 1 'No such file or directory' \
    xl set-parameters nosuch=1

t xentop 0 '^  Domain-0 -----r +[0-9]+ +[0-9.]+ +[0-9]+ +[0-9.]+ ' \
    xentop -b -i 1
t xentop-vcpus 0 '^VCPUs\(sec\): +0: +[0-9]+s' xentop -b -i 2 -d 1 -f -v -n -x
if [ $nidus = yes ]; then
    t xen-detect 0 'Running in PVH context on Xen V4\.17' xen-detect
else
    t xen-detect 0 'Running in PV context on Xen V4\.17' xen-detect
fi
t xenhypfs 0 '^<dir> +r- params$' xenhypfs ls /
t xenhypfs-tree 0 '^    guest_loglvl$' xenhypfs tree
t xenhypfs-cat 0 '^17$' xenhypfs cat /buildinfo/version/minor
t xenhypfs-config 0 '^CONFIG_HVM=y$' xenhypfs cat /buildinfo/config
t xenhypfs-unknown 3 'No such file or directory' xenhypfs cat /nosuch
t xenhypfs-write 0 '^none' \
    'xenhypfs write /params/guest_loglvl none/error &&
    xenhypfs cat /params/guest_loglvl'
t xen-cpuid 0 '^Host  *[0-9a-f]{8}:' xen-cpuid
t xen-cpuid-detail 0 'CPUID 0x00000001.ecx .* vmx ' xen-cpuid -d
t xen-cpuid-policy 0 '^HVM Max policy: [0-9]+ leaves, 2 MSRs' xen-cpuid -p
t xenpm-topology 0 '^CPU0.* 0.* 0.* 0$' xenpm get-cpu-topology
# Power is not managed, and xenpm says so.
t xenpm-idle 0 '[a-z]' xenpm get-cpuidle-states
t xenpm-frequency 0 'cpufreq' xenpm get-cpufreq-para
t xen-init-dom0 0 'Dom0' xen-init-dom0
t xenstored 0 '/xenstored$' \
    'xenstore-exists / && readlink /proc/$(cat /run/xenstored.pid)/exe'
t lsevtchn 0 '^ +1: VCPU 0: Virtual IRQ 0$' lsevtchn
t xen-diag 0 '^domid=0: nr_frames=1, max_nr_frames=[0-9]+$' \
    xen-diag gnttab_query_size 0
t xen-memshare 0 '^used = 0$' xen-memshare info
t xen-memshare-enable 255 'Function not implemented' xen-memshare enable 0

# The hypervisor's functions, as Dom0's kernel has them.
t xensyms 0 '^ffff[0-9a-f]{12} [tT] do_event_channel_op$' cat /proc/xen/xensyms

# What the hypervisor is built without.
t xenperf 1 '38 \(Function not implemented\)' xenperf
t xenlockprof 1 '38 \(Function not implemented\)' xenlockprof
t xencov 1 'Operation not supported' xencov read
t flask-getenforce 255 'Unable to get enforcing mode' flask-getenforce
if [ $nidus = yes ]; then
    t xentrace 0 'Function not implemented' 'xentrace -D -T 1 /tmp/trace; :'
    t xen-livepatch 1 'Function not implemented' xen-livepatch list
fi
t xen-hptool-online 1 'File exists' xen-hptool cpu-online 0
t xen-hptool-offline 1 'Invalid argument' xen-hptool cpu-offline 0
t xen-hptool-status 0 'PAGE_ONLINED' xen-hptool mem-status 0x1000

# The package's own tests.
t test-xenstore 0 'ta err' test-xenstore
t test-resource 0 'Test x86 PVH' test-resource
t test-paging-mempool 0 'Test set continuation' test-paging-mempool
t test-tsx 0 'Testing RTM behaviour' test-tsx
t test-cpu-policy 0 'Done: all ok' test-cpu-policy

t xenstore-write 0 '^hello$' \
    'xenstore-write /tool/x hello; xenstore-read /tool/x'
t xenstore-list 0 '^x$' xenstore-list /tool
t xenstore-exists 0 '' 'xenstore-exists /tool/x; echo'
t xenstore-chmod 0 '^/tool/x = "hello" +\(n0,r1\)$' \
    'xenstore-chmod /tool/x n0 r1; xenstore-ls -f -p /tool'
t xenstore-rm 1 "couldn't read path /tool/x" \
    'xenstore-rm /tool/x; xenstore-read /tool/x'
t xenstore-control 0 '^OK$' xenstore-control check
t xenstore-watch 0 '^/tool/w$' \
    'xenstore-watch -n 2 /tool/w & sleep 1; xenstore-write /tool/w 1; wait'

# A domain that never runs.
t xl-create-paused 0 '^p1 +[0-9]+ +32 +1 +--p--- +0\.0$' \
    'xl create -q -p /guests/p1.cfg; xl list'
domid=$(xl domid p1)
t xl-create-dry-run 0 '"name": "p1"' xl create -q -n /guests/p1.cfg
t xl-list-long-domain 0 '"kernel": "/guests/triple-fault/kernel.elf"' \
    xl list -l p1
t xl-vcpu-list-domain 0 '^p1 +[0-9]+ +1 +- +--p +0\.0 +all / all$' \
    xl vcpu-list p1
t xl-vcpu-pin-domain 0 '^ok$' 'xl vcpu-pin p1 all all 0 && echo ok'
t xl-mem-max 0 '^ok$' 'xl mem-max p1 64 && echo ok'
t xl-mem-max-too-small 1 'memory_static_max must be greater' xl mem-max p1 16
t xl-mem-set 0 '^ok$' 'xl mem-set p1 48 && echo ok'
t xl-rename 0 "^$domid\$" 'xl rename p1 p2 && xl domid p2'
t xl-config-update 0 'setting dom[0-9]+ configuration' \
    xl config-update p2 /guests/p1.cfg
t xl-sched-credit2-weight 0 '^p2 +[0-9]+ +512 ' \
    'xl sched-credit2 -d p2 -w 512; xl sched-credit2'
t xl-trigger 0 '^ok$' \
    'xl trigger p2 nmi 0 && xl trigger p2 power && xl trigger p2 sleep &&
    echo ok'
t xl-trigger-reset 0 "'reset' failed: Function not implemented" \
    xl trigger p2 reset 0
t xl-trigger-unknown 1 'Invalid trigger' xl trigger p2 bogus
t xl-sysrq 0 '^h$' \
    "xl sysrq p2 h; xenstore-read /local/domain/$domid/control/sysrq"
t xen-hvmctx 0 'Header: magic 0x54381286, version 1' xen-hvmctx "$domid"
t xenctx 0 '^cs:eip: 0000:' xenctx "$domid" 0
t lsevtchn-domain 0 '^ +2: VCPU 0: Interdomain \(Connected\) - Remote Domain 0' \
    lsevtchn "$domid"
t xen-diag-domain 0 "^domid=$domid: nr_frames=1, max_nr_frames=64" \
    xen-diag gnttab_query_size "$domid"
t xen-cpuid-domain 0 "^Domain $domid policy: [0-9]+ leaves, 2 MSRs" \
    xen-cpuid -p "$domid"
t xen-vmtrace 0 'Invalid argument' "xen-vmtrace $domid 0; :"
# Refused in words, not by hanging.
t xen-access 9 'Error' "timeout 20 xen-access $domid write && exit 0
    [ \$? -eq 143 ] || exit 9"
t xenpaging 1 'Error initialising' \
    "timeout 20 xenpaging -d $domid -f /tmp/pages"
t xen-hvmcrash 0 'CPU\[0\]: RIP = ' xen-hvmcrash "$domid"
t xl-destroy 0 '^1$' 'xl destroy p2; xl list | tail -n +2 | wc -l'

# A domain that lives: it writes to its memory, and does what it is told.
. /guests/suspend.sh
start_guest xl /guests/suspend/default.cfg
t xl-console 0 'suspend: ready 1' cat /tmp/console
t xenconsoled 0 '^/dev/pts/' \
    'readlink /proc/$(cat /run/xenconsoled.pid)/exe | grep -q "/xenconsoled$" &&
    xenstore-read /local/domain/$(xl domid suspend)/console/tty'
t xl-pause 0 '^suspend +[0-9]+ +16 +2 +--p--- ' 'xl pause suspend; xl list suspend'
t xl-unpause 0 '^suspend +[0-9]+ +16 +2 +[r-][b-]---- ' \
    'xl unpause suspend; xl list suspend'
t xl-save 0 'Saving to /tmp/img new xl format' xl save suspend /tmp/img
t xl-save-gone 1 'maybe this domain does not exist' xl domid suspend
t xl-restore 0 'Loading new save file /tmp/img' xl restore /tmp/img
rm -f /tmp/img
watch_console
went xl-restored resumed
old=$(xl domid suspend)
t xl-reboot 0 '^another$' "xl reboot suspend
    until [ \"\$(xl domid suspend 2>/dev/null || echo $old)\" != $old ]; do
    usleep 100000; done; echo another"
seen=$(rounds ready)
watch_console
wait_for again_ready
t xl-rebooted 0 'suspend: ready 1' 'tail -n 1 /tmp/console'
t xl-shutdown 0 '^suspend +[0-9]+ +16 +2 +---s-- ' \
    'xl shutdown -w suspend; xl list suspend'
t xl-destroy-shut-down 0 '^1$' 'xl destroy suspend; xl list | tail -n +2 | wc -l'

# Processor features by both syntaxes, and what is no such feature.
t xl-create-cpuid 0 '^ok$' \
    "xl create -q -p /guests/p1.cfg 'cpuid=\"host,avx=0\"' && echo ok"
t cpuid-applied 0 '^clear$' 'w=$(xen-cpuid -p $(xl domid p1) |
    sed -n "s/^ *00000001:ffffffff -> .*:\(.*\):.*/\1/p")
    [ $((0x$w >> 28 & 1)) -eq 0 ] && echo clear; xl destroy p1'
t xl-create-cpuid-bits 0 '^ok$' "xl create -q -p /guests/p1.cfg \
    'cpuid=[\"1:ecx=xxx0xxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]' && echo ok"
t cpuid-bits-applied 0 '^clear$' 'w=$(xen-cpuid -p $(xl domid p1) |
    sed -n "s/^ *00000001:ffffffff -> .*:\(.*\):.*/\1/p")
    [ $((0x$w >> 28 & 1)) -eq 0 ] && echo clear; xl destroy p1'
t xl-create-cpuid-unknown 0 'unknown CPUID flag name' \
    "xl create -q -p /guests/p1.cfg 'cpuid=\"host,nosuch=0\"'; xl destroy p1"
t xl-create-tsc-mode 0 '^ok$' "xl create -q -p /guests/p1.cfg \
    'tsc_mode=\"always_emulate\"' >/dev/null && echo ok; xl destroy p1"

# The other xenstored, on a store of its own: the first one is stopped, and
# nothing may ask for domains after it.
kill "$(cat /run/xenstored.pid)"
n=100
while [ -d "/proc/$(cat /run/xenstored.pid)" ] && [ $n -gt 0 ]; do
    n=$((n - 1))
    usleep 50000
done
kill "$(cat /run/xenconsoled.pid)"
rm -f /run/xenstored/socket
mkdir -p /etc/xen /run/xenstored /var/log/xen
[ -e /etc/xen/oxenstored.conf ] || : >/etc/xen/oxenstored.conf
t oxenstored 0 '^up$' 'oxenstored --pid-file=/run/oxenstored.pid >/tmp/ox 2>&1
    n=100; until [ -S /run/xenstored/socket ] || [ $n -eq 0 ]; do
    n=$((n - 1)); usleep 50000; done; cat /tmp/ox
    xenstore-write /tool/y up && xenstore-read /tool/y'
t oxenstored-test-xenstore 0 'ta err' test-xenstore
