#!/bin/bash
# SPDX-License-Identifier: MIT
# Install the Debian packages that are missing; without root, say which.
#
# usage: install-deps.sh [GROUP...]     groups of packages.txt: build run test
set -euo pipefail
. "$(dirname "$0")/lib.sh"

groups=("$@")
[ $# -gt 0 ] || groups=(build run test)

mapfile -t wanted < <(list_packages "${groups[@]}")
mapfile -t missing < <(
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
        <(dpkg-query -W -f='${db:Status-Status} ${binary:Package}\n' |
            sed -n 's/^installed \([^:]*\).*/\1/p' | sort -u))
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    say "these Debian packages are missing; as root, run"
    echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing()
{
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null
}

# The lists of a new machine are absent or old, so a first try may fail.
if ! install_missing; then
    if ! { apt-get update -q >>"$log" 2>&1 && install_missing; }; then
        cat "$log" >&2
        die "apt-get could not install the packages"
    fi
fi
