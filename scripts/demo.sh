#!/usr/bin/env bash
# Sets up, builds, and runs the main job on the embedded networks and images: no download.
# Arguments go to `qbench suite demo`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release -DQBENCH_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release --target qbench
exec build/release/qbench suite demo --html build/demo.html --database build/demo.sqlite "$@"
