#!/usr/bin/env bash
# Sets up, builds everything and runs the tests. Tests on real models and images look for them where
# QBENCH_TEST_DATA points, and are skipped without it. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --test
cmake --preset release -DQBENCH_BUILD_TESTS=ON >/dev/null
cmake --build --preset release
ctest --preset release -j "$(nproc)" "$@"
