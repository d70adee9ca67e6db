#!/bin/bash
# SPDX-License-Identifier: MIT
# A configuration that cannot work gets one clear line, and leaves no domain.
. "$(dirname "$0")/lib.sh"

new_guests
ln -s "$("$NIDUS_TOP/scripts/kernel.sh")/vmlinux" "$guests/vmlinux"
cp /bin/true "$guests/no-note"
echo 'not a kernel' >"$guests/garbage"

config()
{
    cat >"$guests/$1.cfg"
}
config syntax <<'END'
name = "syntax"
type = "pvh"
memory = = 64
END
config no-kernel <<'END'
name = "no-kernel"
type = "pvh"
kernel = "/guests/does-not-exist"
memory = 64
END
config no-note <<'END'
name = "no-note"
type = "pvh"
kernel = "/guests/no-note"
memory = 64
END
config garbage <<'END'
name = "garbage"
type = "pvh"
kernel = "/guests/garbage"
memory = 64
END
config too-big <<'END'
name = "too-big"
type = "pvh"
kernel = "/guests/vmlinux"
memory = 9999
END
config too-small <<'END'
name = "too-small"
type = "pvh"
kernel = "/guests/vmlinux"
memory = 8
END
config twice <<'END'
name = "twice"
type = "pvh"
kernel = "/guests/vmlinux"
memory = 128
END
cat >"$guests/try.sh" <<'END'
. /guests/guests.sh
before=$(free)
for name in syntax no-kernel no-note garbage too-big too-small; do
    echo "[$name]"
    xl create /guests/$name.cfg
    echo "[$name] status $?"
done
echo "[twice]"
xl create -p /guests/twice.cfg
xl create -p /guests/twice.cfg
echo "[twice] status $?"
xl destroy twice
echo "[destroy]"
xl destroy nobody
echo "[destroy] status $?"
echo "[end]"
xl list
echo "domains $(domains)"
same() { [ "$(free)" = "$before" ]; }
wait_for same
echo "memory $before $(free)"
END

boot --guests "$guests" --cmd 'sh /guests/try.sh' | tee "$WORK/output"

# refused NAME PATTERN: its section has the words, and a status that is not 0.
refused()
{
    if sed -n "/^\[$1\]\$/,/^\[$1\] status/p" "$WORK/output" |
        grep -qiE "$2" &&
        grep -qE "^\[$1\] status [1-9]" "$WORK/output"; then
        result PASS "bad-config/$1"
    else
        result FAIL "bad-config/$1: expected: $2"
        bad=1
    fi
}
refused syntax 'syntax.cfg:3(:|: ?10)'
refused no-kernel 'does-not-exist'
refused no-note 'no-note.*|PVH'
refused garbage 'garbage|kernel'
refused too-big 'memory'
refused too-small 'memory|fit|small'
refused twice 'twice|exist'
refused destroy 'nobody'
if grep -qx 'domains 1' "$WORK/output" &&
    grep -qE '^memory ([0-9]+) \1$' "$WORK/output"; then
    result PASS bad-config/nothing-left
else
    result FAIL "bad-config/nothing-left: a domain or memory is left over"
    bad=1
fi
exit $bad
