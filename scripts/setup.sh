#!/usr/bin/env bash
# Installs what qbench needs on Debian 12 and 13: build tools and libraries. Needs root or sudo.
#   scripts/setup.sh           build and run
#   scripts/setup.sh --test    also what the tests need: GoogleTest, OpenCV as an independent engine, ...
#   scripts/setup.sh --dev     also what the checks in .ci/run need
# On other systems it installs nothing: exit code 0 where all is there, else 2 and what is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  libdnnl-dev libjpeg62-turbo-dev libpng-dev libboost-dev libboost-program-options-dev
  libsqlitecpp-dev libsqlite3-dev libyaml-cpp-dev nlohmann-json3-dev libfmt-dev
  libxxhash-dev libpugixml-dev libonnx-dev libprotobuf-dev
  libopencv-imgcodecs-dev libtiff-dev  # pictures that are neither JPEG nor PNG
)
# The same for systems whose packages have other names: commands, and what the compiler must find.
commands=(g++ cmake ninja pkg-config)
headers=(
  dnnl.hpp jpeglib.h png.h boost/version.hpp boost/program_options.hpp SQLiteCpp/SQLiteCpp.h
  sqlite3.h yaml-cpp/yaml.h nlohmann/json.hpp fmt/format.h xxhash.h pugixml.hpp onnx/onnx_pb.h
  google/protobuf/message.h opencv2/imgcodecs.hpp tiffio.h
)
case "${1:-}" in
  --test | --dev)
    packages+=(libgtest-dev libgmock-dev libopencv-dev curl unzip python3)
    commands+=(curl unzip python3)
    headers+=(gtest/gtest.h gmock/gmock.h opencv2/dnn.hpp)
    ;;
esac
if [ "${1:-}" = --dev ]; then
  command -v npm >/dev/null || packages+=(nodejs npm)  # fetches ONNX Runtime for tests/onnxruntime
  packages+=(libbenchmark-dev clang-format clang-tidy gcovr clang libclang-rt-dev debootstrap)
  commands+=(npm clang-format clang-tidy gcovr clang++ debootstrap)
  headers+=(benchmark/benchmark.h)
fi

# shellcheck source=/dev/null
system=$(if . /etc/os-release 2>/dev/null; then echo "${ID:-} ${VERSION_ID:-}"; fi)
case "$system" in
  "debian 12" | "debian 13") ;;
  *)
    missing=()
    PATH=$PATH:/usr/sbin
    for name in "${commands[@]}"; do
      command -v "$name" >/dev/null || missing+=("$name")
    done
    for header in "${headers[@]}"; do
      echo "#include <$header>" |
        g++ -std=c++20 -E -DONNX_ML=1 -I/usr/include/opencv4 -x c++ - >/dev/null 2>&1 || missing+=("<$header>")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
    echo "setup: packages are installed on Debian 12 and 13 only; this is ${system:-an unknown system}." \
      "Missing: ${missing[*]}. docs/systems.md names packages of other systems." >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: needs root or sudo to install: ${missing[*]}" >&2
    exit 2
  }
  sudo=sudo
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
