# SPDX-License-Identifier: MIT
# From what a run of kvm-unit-tests printed to lines of
#   NAME SUITE PASSED FAILED SKIPPED STATE
# one for each suite of a test; STATE is ok, or how the last suite ended. The
# failed checks themselves go to the file named by the variable "failures". The
# checks that a test says nothing of when they pass, and counts in its summary,
# are a suite of their own.
# A line's domain prefix is taken off; "@kut begin" and "@kut end" bound a test.

function close_suite(state)
{
    if (name != "" && (passed + failed + skipped || suite == "-" || \
        state != "ok"))
        print name, suite, passed, failed, skipped, state
    shown += passed + failed + skipped
    passed = failed = skipped = 0
}

{
    sub(/\r$/, "")
    sub(/^\((d[0-9]+|NIDUS)\) (\[[0-9a-f]+\] )?/, "")
}

/^@kut begin / {
    name = $3
    suite = "-"
    summary = silent = shown = 0
    passed = failed = skipped = 0
    next
}
/^@kut end / {
    close_suite(summary ? "ok" : $4)
    if (silent > shown)
        print name, "(silent)", silent - shown, 0, 0, "ok"
    name = ""
    next
}
name == "" { next }
/^Test suite: / {
    if (suite != "-" || passed + failed + skipped)
        close_suite("ok")
    suite = substr($0, 13)
    gsub(/ /, "_", suite)
}
/^PASS[:S]/ { passed++ }
/^SKIP[:S]/ { skipped++ }
/^FAIL[:S]/ { failed++ }
/^FAIL|^Unhandled|^Assert/ { print name, suite ": " $0 >failures }
/^SUMMARY: / { silent = $2 }
/^SUMMARY: |^PASSED|^exit code / { summary = 1 }
