#!/bin/bash
# SPDX-License-Identifier: MIT
# Every case of tests/guest, as guests of one boot; each counts as a test.
. "$(dirname "$0")/lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
status=0
boot --guests "$BUILD/tests/guest" --hv-args nested-audit \
    --cmd /guests/run-cases |
    tee "$WORK/output" || status=$?

# Lines of run-cases: "case/config: VERDICT (why)".
while IFS=': ' read -r name verdict why; do
    case $verdict in
        SUCCESS) result PASS "guest/$name" ;;
        SKIP) result SKIP "guest/$name: ${why:-not possible here}" ;;
        *) result FAIL "guest/$name: $verdict $why" ;;
    esac
done < <(grep -E '^[a-z0-9-]+/[a-z0-9-]+: [A-Z]+' "$WORK/output")
grep -qE '^[0-9]+ passed, [0-9]+ failed' "$WORK/output" ||
    exit 1 # it did not get to its end
exit $status
