#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds, as many at a time as there are cores, from
# the files in tests/fuzz/corpus. Fails on any find, which it leaves in build/fuzz/finds/TARGET.
#   scripts/fuzz.sh [SECONDS [TARGET...]]    60 seconds, all targets
# A find becomes a test by mending its cause and moving its file to tests/fuzz/corpus/TARGET/.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-60}"
targets=("${@:2}")
cmake --preset fuzz >/dev/null
if [ ${#targets[@]} -eq 0 ]; then
  for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi
cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"

scratch="$(mktemp -d)"  # the targets' files, in memory where that can be
[ -w /dev/shm ] && rmdir "$scratch" && scratch="$(mktemp -d -p /dev/shm)"
trap 'rm -rf "$scratch"' EXIT

fuzz() {
  local target="$1" root="build/fuzz"
  local log="$root/$target.log" finds="$root/finds/$target" grown="$root/corpus/$target"
  local dictionary="tests/fuzz/dictionaries/$target.txt"
  mkdir -p "$finds" "$grown" "$2/$target"
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192
    -artifact_prefix="$finds/" -print_final_stats=1)
  [ -f "$dictionary" ] && options+=(-dict="$dictionary")
  local status=0
  TMPDIR="$2/$target" "$root/tests/fuzz/fuzz_$target" "${options[@]}" "$grown" "tests/fuzz/corpus/$target" \
    >"$log" 2>&1 || status=$?
  local executions
  executions="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  printf '%-20s %12s executions%s\n' "$target" "${executions:-no}" \
    "$([ "$status" -eq 0 ] || echo ", a find: $log")"
  [ "$status" -eq 0 ] || tail -n 30 "$log"
  return "$status"
}
export -f fuzz
export seconds

printf '%s\0' "${targets[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'fuzz {} "$0" || exit 1' "$scratch"
