#!/bin/bash
# SPDX-License-Identifier: MIT
# `make run GUESTS= CMD=`: files get there, output and status come back.
. "$(dirname "$0")/lib.sh"

guests=$WORK/guests
mkdir -p "$guests/deep/er"
head -c 20M /dev/urandom >"$guests/deep/er/big file"
ln -sf /etc/os-release "$guests/link" # what it names, not the link
sum=$(sha256sum <"$guests/deep/er/big file" | cut -d' ' -f1)

export RUN_DIR=$WORK/run GUESTS=$guests
export CMD='sha256sum "/guests/deep/er/big file" | cut -c1-64
    grep -c ^ID= /guests/link; v="quo'"'"'ted $HOME"; echo "$v" >&2; exit 7'
status=0
make --no-print-directory -C "$NIDUS_TOP" run >"$WORK/make.out" || status=$?
[ "$status" -eq 2 ] # make's own word for a failed command
tail -n 5 "$WORK/make.out"
printf '%s\n1\nquo'"'"'ted /root\n' "$sum" |
    diff - <(grep -v '^\(make\| \|cc \|cd \|BUILD\)' "$WORK/make.out" | sed '/^$/d')

"$NIDUS_TOP/scripts/run" >/dev/null || status=$?
[ "$status" -eq 7 ]
