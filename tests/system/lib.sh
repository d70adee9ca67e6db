# SPDX-License-Identifier: MIT
# What the system tests share. Each sources this file first.
# shellcheck shell=bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

# Which hypervisor and tools are tested; the peer's prove the tests themselves.
HV=${HV:-nidus}
TOOLS=${TOOLS:-ours}
WORK=$BUILD/check/$(basename "$0" .sh)
mkdir -p "$WORK"
export HV TOOLS

skip()
{
    echo "$*"
    exit 77
}

# Boot what is tested; options as scripts/boot has them.
boot()
{
    "$NIDUS_TOP/scripts/boot" --hv "$HV" --tools "$TOOLS" --dir "$WORK" "$@"
}

# Build tests/system/programs/$1.c, for any Linux of the machine, at $2.
build_program()
{
    "${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -o "$2" \
        "$NIDUS_TOP/tests/system/programs/$1.c"
}

# Note a result of a script that runs many tests.
result()
{
    echo "$*"
    [ -z "${RESULTS:-}" ] || echo "$*" >>"$RESULTS"
}

# The text must be in what the machine printed.
expect()
{
    if ! grep -qE -- "$1" "$WORK/serial"; then
        echo "not printed by the machine: $1"
        return 1
    fi
}
