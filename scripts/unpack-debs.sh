#!/bin/bash
# SPDX-License-Identifier: MIT
# Unpack Debian packages into the cache, without installing them here.
#
# What goes into boot images (a kernel, the peer's files) has no business on
# the machine that builds them: no boot loader entries, no services.
#
# usage: unpack-debs.sh GROUP     a group of packages.txt; prints the directory
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: ${0##*/} GROUP"
root=$NIDUS_CACHE/$1

if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi

mkdir -p "$NIDUS_CACHE"
exec {lock}>"$root.lock"
flock "$lock"
if [ -d "$root" ]; then # unpacked while we waited
    echo "$root"
    exit 0
fi

# A group may be of another release or architecture than this system's. Its
# lists are fetched from wherever this system has Debian from, into a place of
# their own.
apt_options=()
use_lists_of()
{
    local release=$1 architecture=$2 state=$work/apt archive
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    for archive in $(debian_archives); do
        # Security archives are named otherwise in each release.
        [[ $archive == *security* ]] || echo "deb $archive $release main"
    done | head -n 1 >"$state/sources.list"
    apt_options=(-o APT::Architecture="$architecture"
        -o APT::Architectures="$architecture"
        -o Dir::State::Lists="$state/lists"
        -o Dir::Etc::SourceList="$state/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o Dir::Cache="$state/cache"
        -o Acquire::Languages=none)
    apt-get -q "${apt_options[@]}" -o APT::Sandbox::User=root update
}

# A package that only points at the current version of another.
resolve()
{
    case $1 in
        linux-image-amd64 | linux-image-cloud-amd64 | linux-image-686-pae)
            apt-cache "${apt_options[@]}" depends "$1" |
                awk '/Depends: linux-image-/ { print $2 }'
            ;;
        *)
            echo "$1"
            ;;
    esac
}

work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

mkdir "$work/root"
download()
{
    local package
    cd "$work"
    for package in $(list_packages "$1"); do
        # apt wants its own sandbox user to own the directory; it need not
        # shellcheck disable=SC2046 # one word for each package
        apt-get -q "${apt_options[@]}" -o APT::Sandbox::User=root download \
            $(resolve "$package") || return 1
    done
}

say "fetching $(list_packages "$1" | tr '\n' ' ')"
case $1 in
    image-trixie) lists_of=(trixie "$(dpkg --print-architecture)") ;;
    image-i386) lists_of=("$(. /etc/os-release && echo "$VERSION_CODENAME")" i386) ;;
    *) lists_of=() ;;
esac
if [ ${#lists_of[@]} -gt 0 ]; then
    use_lists_of "${lists_of[@]}" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        die "no Debian archive of this system has ${lists_of[*]}"
    }
fi
if ! (download "$1") >"$work/log" 2>&1; then
    if [ "$(id -u)" -ne 0 ] || ! apt-get update -q >>"$work/log" 2>&1 ||
        ! (download "$1") >>"$work/log" 2>&1; then
        cat "$work/log" >&2
        die "cannot fetch the packages of group $1 (apt-get update as root?)"
    fi
fi
for deb in "$work"/*.deb; do
    dpkg-deb -x "$deb" "$work/root"
done
mv "$work/root" "$root"
echo "$root"
