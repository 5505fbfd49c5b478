#!/usr/bin/env bash
# The configuration says of a oneDNN that no file is for which ones are.
#   onednn_version_test.sh SOURCE CMAKE
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/include/oneapi/dnnl"
for version in "1 9" "2 5" "4 0"; do
  read -r major minor <<<"$version"
  printf '#define DNNL_VERSION_MAJOR %s\n#define DNNL_VERSION_MINOR %s\n' "$major" "$minor" \
    >"$folder/include/oneapi/dnnl/dnnl_version.h"
  rm -rf "$folder/build"
  if "$2" -S "$1" -B "$folder/build" -D DNNL_INCLUDE_DIR="$folder/include" -D QBENCH_WITH_CUDA=OFF \
    -D QBENCH_BUILD_TESTS=OFF >"$folder/log" 2>&1; then
    echo "oneDNN $major.$minor was taken" && exit 1
  fi
  grep -q "oneDNN $major.$minor in $folder/include, expected 2.6, 2.7 or 3" "$folder/log" ||
    { cat "$folder/log" && exit 1; }
done
