#!/bin/bash
# SPDX-License-Identifier: MIT
# Add up what the unit tests reported, show what failed, and say so by status.
#
# usage: summary.sh DIR TEST...     each test's log is DIR/TEST.log
set -euo pipefail

out=$1
shift
passed=0 failed=0 skipped=0
declare -a bad=()

# Counts of the lines that cmocka ends each group of tests with.
count()
{
    sed -n "s/^\[  $1 \{1,2\}\] \([0-9]*\) test(s).*/\1/p" "$2" |
        awk '{ n += $1 } END { print n + 0 }'
}

for test in "$@"; do
    log=$out/$test.log
    if [ ! -e "$log" ]; then
        failed=$((failed + 1))
        bad+=("$test: does not build (see $out/build.log)")
        grep -E -A 5 "(error:|undefined reference)" "$out/build.log" |
            grep -F -A 4 "${test##*/}" | head -n 20 >&2 || true
        continue
    fi
    f=$(count FAILED "$log")
    passed=$((passed + $(count PASSED "$log")))
    skipped=$((skipped + $(count SKIPPED "$log")))
    if [ "$f" -eq 0 ] && ! grep -q '^exit status 0$' "$log"; then
        f=1
        bad+=("$test: $(tail -n 1 "$log") (see $log)")
        tail -n 25 "$log" >&2
    elif [ "$f" -gt 0 ]; then
        bad+=("$test: $f failed (see $log)")
        grep -E '^\[  (FAILED|ERROR)|^(\[   LINE)|error:|Error' "$log" |
            head -n 20 >&2 || true
    fi
    failed=$((failed + f))
done

[ ${#bad[@]} -eq 0 ] || printf 'FAILED %s\n' "${bad[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
