# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs in Dom0: our tools, and Debian's beside them. Called by
# tests/system/our-tools.sh.

. /guests/lib.sh

# Debian's program, with Debian's libraries.
deb()
{
    program=$1
    shift
    LD_LIBRARY_PATH=/guests/debian/lib "/guests/debian/bin/$program" "$@"
}

# What both xl print of one command, but for what the first argument, a sed
# script, takes out: times and names of programs.
same()
{
    name=$1 mask=$2
    shift 2
    xl "$@" 2>&1 | sed -E "$mask" >/tmp/ours
    deb xl "$@" 2>&1 | sed -E "$mask" >/tmp/theirs
    if diff /tmp/theirs /tmp/ours >/tmp/out && [ -s /tmp/ours ]; then
        echo "PASS $name"
    else
        echo "FAIL $name: Debian's and ours differ"
        sed 's/^/    /' /tmp/out | head -n 30
    fi
}

# Debian's misses a configuration, even an empty one.
mkdir -p /etc/xen
: >>/etc/xen/xl.conf

times='s/ [0-9]+\.[0-9]/ T/; s/ +T/ T/; s/[0-9]+:[0-9]+:[0-9]+/T/'
same xl-info 's/^(free_memory|cc_).*//' info
same xl-list "$times" list
same xl-vcpu-list "$times" vcpu-list
same xl-vm-list '' vm-list
same xl-uptime "$times" uptime
same xl-claims "$times" claims

t xl-top 0 '^  Domain-0 -----r +[0-9]+ +[0-9.]+ +[0-9]+ +[0-9.]+ ' \
    'xl top -b -i 2 -d 1 -v'
t xl-top-heading 0 same 'xl top -b -i 1 | head -n 1 >/tmp/ours
    LD_LIBRARY_PATH=/guests/debian/lib /guests/debian/bin/xentop -b -i 1 |
    head -n 1 >/tmp/theirs; cmp /tmp/ours /tmp/theirs && echo same'
t xl-top-no-terminal 1 'no terminal' 'TERM=nosuch xl top -i 1'

t xl-set-parameters 0 'VM exits are counted' \
    'xl set-parameters "guest_loglvl=all exit-counters" && xl debug-keys p &&
    xl dmesg | tail -n 40'
t xl-set-parameters-off 0 'VM exits are not counted' \
    'xl set-parameters no-exit-counters && xl debug-keys p && xl dmesg | tail -n 40'
t xl-set-parameters-unknown 1 'No such file' xl set-parameters nosuch=1
t xl-set-parameters-bad 1 'Invalid argument' xl set-parameters loglvl=loud

xl create -q -p /guests/p1.cfg
domid=$(xl domid p1)
same xl-list-domain "$times" list p1
same xl-vcpu-list-domain "$times" vcpu-list p1
same xl-list-long '/^$/d' list -l p1
t xl-dump-core 0 'unknown note type 0x2000003' 'xl dump-core p1 /tmp/core &&
    LD_LIBRARY_PATH=/guests/debian/lib /guests/debian/bin/readnotes /tmp/core'
t xl-dump-core-size 0 '^whole' \
    '[ "$(wc -c </tmp/core)" -ge $((32 << 20)) ] && echo whole; rm /tmp/core'
t xl-dump-core-nowhere 1 'No such file' xl dump-core p1 /nosuch/core
t xl-config-update 0 '^setting dom' \
    'xl config-update p1 /guests/p1.cfg memory=48'
t xl-config-update-shown 0 '"max_memkb": 49152' xl list -l p1
t xl-config-update-bad 1 'Nothing was changed' \
    'xl config-update p1 /guests/p1.cfg "memory=nonsense"'
t xl-domid-too-large 1 'invalid domain' xl pause $((4294967296 + domid))
t xl-rename 0 "^$domid\$" 'xl rename p1 p2 && xl domid p2'
t xl-trigger 0 '^ok$' 'xl trigger p2 nmi 0 && xl trigger p2 power && echo ok'
t xl-sysrq 0 '^h$' \
    "xl sysrq p2 h; xenstore-read /local/domain/$domid/control/sysrq"
t xl-destroy 0 '^1$' 'xl destroy p2; xl list | tail -n +2 | wc -l'

# Our xenstored serves Debian's clients, with their library and with ours.
lib=/guests/debian/lib
t xenstore 0 '^hello$' "export LD_LIBRARY_PATH=$lib
    /guests/debian/bin/xenstore write /tool/x hello
    /guests/debian/bin/xenstore read /tool/x"
t test-xenstore 0 'ta err' \
    "LD_LIBRARY_PATH=$lib /guests/debian/bin/test-xenstore"
rm -f $lib/libxenstore.so.4*
t xenstore-our-library 0 '^again$' "export LD_LIBRARY_PATH=/usr/lib:$lib
    /guests/debian/bin/xenstore write /tool/x again
    /guests/debian/bin/xenstore read /tool/x"
t test-xenstore-our-library 0 'ta err' \
    "LD_LIBRARY_PATH=/usr/lib:$lib /guests/debian/bin/test-xenstore"
