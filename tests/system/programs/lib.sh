# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs in Dom0: what the tests of programs share.
#
#   t NAME STATUS PATTERN COMMAND     a line of the output must match PATTERN
# prints PASS NAME, or FAIL NAME and what the command said.

export TERM=vt100

t()
{
    name=$1 want=$2 pattern=$3
    shift 3
    timeout 60 sh -c "$*" >/tmp/out 2>&1
    status=$?
    if [ $status -eq "$want" ] && grep -qE -- "$pattern" /tmp/out; then
        echo "PASS $name"
        return
    fi
    echo "FAIL $name: status $status instead of $want, or no '$pattern' in"
    sed 's/^/    /' /tmp/out | head -n 30
}
