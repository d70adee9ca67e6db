# SPDX-License-Identifier: MIT
# What the scripts share: messages, the cache directory, content stamps.
# shellcheck shell=bash

NIDUS_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NIDUS_CACHE=${NIDUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nidus}
BUILD=${BUILD:-$NIDUS_TOP/build}
export NIDUS_TOP NIDUS_CACHE BUILD

say()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
    say "$@"
    exit 1
}

# The packages of the given groups of packages.txt, one a line.
list_packages()
{
    awk -v want=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { gsub(/[][ \t]/, ""); on = index(want, " " $0 " ") > 0; next }
        on && NF { print $1 }' "$NIDUS_TOP/scripts/packages.txt"
}

# Where this system gets Debian's main archive from, by its own apt
# configuration: whatever mirror or proxy it uses, we use.
debian_archives()
{
    local codename
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
        'Created-By: Packages' |
        awk -v c="$codename" '$1 == c && $2 == "main" && !seen[$3]++ \
            { print $3 }'
}
