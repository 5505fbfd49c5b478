#!/usr/bin/env bash
# Runs a command in this checkout on a bare Debian, made for it in a folder of its own and removed
# afterwards:
#   scripts/on_debian.sh 13 scripts/demo.sh
#   scripts/on_debian.sh 13 bash -c 'scripts/demo.sh && scripts/test.sh -R "^backends"'
# The command sees the checkout read-only but for `build`, which is empty and its own, and the
# folder that QBENCH_TEST_DATA names. Packages and compiler cache stay in ~/.cache/qbench, or where
# QBENCH_CACHE points, for the next time; the system itself takes 4 GB in TMPDIR.
#
# Exit code: the command's own; 77 where no such system can be made here, with the reason: needs
# root, debootstrap and a mirror (DEBIAN_MIRROR, else http://deb.debian.org/debian).
set -euo pipefail

skip() {
  echo "on_debian: skipped: $*" >&2
  exit 77
}

case "${1:-}" in
  12) release=bookworm ;;
  13) release=trixie ;;
  *) echo "usage: scripts/on_debian.sh 12|13 COMMAND [ARGUMENT...]" >&2 && exit 2 ;;
esac
[ $# -ge 2 ] || { echo "on_debian: no command given" >&2 && exit 2; }

checkout=$(cd "$(dirname "$0")/.." && pwd)
cache=${QBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/qbench}/debian$1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# The second time in a mount and process namespace of its own: whatever ends this script, also a
# signal that cannot be caught, no mount and no process stays behind.
if [ -z "${ON_DEBIAN_ROOT:-}" ]; then
  PATH=$PATH:/usr/sbin:/sbin
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  command -v debootstrap >/dev/null || skip "needs debootstrap (apt-get install debootstrap)"
  unshare --mount --pid --fork true 2>/dev/null || skip "mounts are not permitted here"
  mkdir -p "$cache/archives" "$cache/ccache" "$checkout/build"
  cache=$(cd "$cache" && pwd)
  ON_DEBIAN_ROOT=$(mktemp -d -t "qbench-$release.XXXXXX")
  export ON_DEBIAN_ROOT PATH
  inside=
  trap '[ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null && wait "$inside" 2>/dev/null || true
    rm -rf --one-file-system "$ON_DEBIAN_ROOT"' EXIT
  trap 'exit 130' INT TERM
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child \
    "$0" "$@" <&0 &
  inside=$!
  wait "$inside" && code=0 || code=$?
  inside=
  exit "$code"
fi

shift
root=$ON_DEBIAN_ROOT/system
mkdir "$root" "$ON_DEBIAN_ROOT/build"
SECONDS=0
if ! debootstrap --variant=minbase --cache-dir="$cache/archives" "$release" "$root" "$mirror" \
  >"$ON_DEBIAN_ROOT/log" 2>&1; then
  tail -n 5 "$ON_DEBIAN_ROOT/log" "$root/debootstrap/debootstrap.log" >&2 2>/dev/null || true
  skip "debootstrap cannot make $release from $mirror"
fi
echo "on_debian: bare Debian $(cat "$root/etc/debian_version") after $SECONDS s" >&2

bind() {
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
}
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
bind "$cache/archives" /var/cache/apt/archives
bind "$cache/ccache" /ccache
bind "$checkout" /qbench
mount -o remount,bind,ro "$root/qbench"
bind "$ON_DEBIAN_ROOT/build" /qbench/build
data=
if [ -n "${QBENCH_TEST_DATA:-}" ]; then
  data=/data
  bind "$QBENCH_TEST_DATA" $data
  mount -o remount,bind,ro "$root$data"
fi
cp /etc/resolv.conf "$root/etc/"

proxies=()
for name in http_proxy https_proxy no_proxy; do
  [ -z "${!name:-}" ] || proxies+=("$name=${!name}")
done
# Not exec: this shell is the namespace's first process, with which all others end.
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CCACHE_DIR=/ccache \
  QBENCH_TEST_DATA=$data "${proxies[@]}" \
  chroot "$root" sh -c 'cd /qbench && exec "$@"' sh "$@"
