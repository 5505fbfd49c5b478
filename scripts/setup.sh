#!/usr/bin/env bash
# Installs what qbench needs on Debian 12: build tools and libraries. Needs root or sudo.
#   scripts/setup.sh           build and run
#   scripts/setup.sh --test    also what the tests need: GoogleTest, OpenCV as an independent engine, ...
#   scripts/setup.sh --dev     also what the checks in .ci/run need
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  libdnnl-dev libjpeg62-turbo-dev libpng-dev libboost-dev libboost-program-options-dev
  libsqlitecpp-dev libsqlite3-dev libyaml-cpp-dev nlohmann-json3-dev libfmt-dev
  libxxhash-dev libpugixml-dev libonnx-dev libprotobuf-dev
  libopencv-imgcodecs-dev libtiff-dev  # pictures that are neither JPEG nor PNG
)
case "${1:-}" in
  --test | --dev) packages+=(libgtest-dev libgmock-dev libopencv-dev curl unzip python3) ;;
esac
if [ "${1:-}" = --dev ]; then
  command -v npm >/dev/null || packages+=(nodejs npm)  # fetches ONNX Runtime for tests/onnxruntime
fi
[ "${1:-}" = --dev ] && packages+=(libbenchmark-dev clang-format clang-tidy gcovr clang libclang-rt-14-dev)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
