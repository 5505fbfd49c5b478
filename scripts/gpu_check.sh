#!/usr/bin/env bash
# Builds the cuDNN backend with nothing but g++, CUDA 12 or 13 and cuDNN 9 (CMake where it is there),
# checks its results and measures it; then ResNet-50 of PyTorch, where python3 has it. Options go to
# gpu_check:
#   --networks mobilenet1.0,resnet50_v1 --batches 1,32 --seconds 500 --skip correctness
# The seconds count from here, the building included; PyTorch comes after.
# Exit code 2: no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${GPU_CHECK_BUILD:-build/gpu_check}
mkdir -p "$build"

build_with_cmake() {
  local generator=()
  command -v cmake >/dev/null || return 1
  if ! command -v make >/dev/null; then
    command -v ninja >/dev/null || return 1
    generator=(-G Ninja)
  fi
  cmake -S scripts/gpu_check -B "$build" ${generator[@]+"${generator[@]}"} \
    >"$build/configure.log" 2>&1 || {
    echo "CMake failed, building without it; the end of $build/configure.log:"
    tail -5 "$build/configure.log"
    return 1
  }
  grep 'cuDNN backend' "$build/configure.log"
  cmake --build "$build" -j "$(nproc)" >"$build/build.log" 2>&1 || {
    grep -E 'error|Error' "$build/build.log" | head -40 || tail -40 "$build/build.log"
    exit 1
  }
  sed -n 's/^CUDNN_LIBRARY:FILEPATH=//p' "$build/CMakeCache.txt" >"$build/cudnn_library"
}

build_with_cmake || scripts/gpu_check/build.sh "$build"

# What cuDNN opens by name lies beside it, in the toolkit, or in Python packages.
before=${LD_LIBRARY_PATH:-}
packages=$(python3 -c 'import nvidia, glob
print(":".join(p for root in nvidia.__path__ for p in glob.glob(root + "/*/lib")))' 2>/dev/null || true)
nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
toolkit=$(dirname "$(dirname "$(readlink -f "$nvcc" || echo "$nvcc")")")
LD_LIBRARY_PATH=$(dirname "$(cat "$build/cudnn_library")"):$toolkit/lib64:$toolkit/lib
export LD_LIBRARY_PATH="$LD_LIBRARY_PATH${packages:+:$packages}${before:+:$before}"

seconds=
batches=1,32,256
for ((i = 1; i < $#; i++)); do
  j=$((i + 1))
  case ${!i} in
    --batches) batches=${!j} ;;
    --seconds) seconds=${!j} ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || seconds=

# Code 3: a kernel of cuDNN broke the device for the process. The next one leaves that kernel out.
for ((try = 1; try <= 8; try++)); do
  code=0
  "$build/gpu_check" "$@" ${seconds:+--seconds "$((seconds > SECONDS ? seconds - SECONDS : 0))"} ||
    code=$?
  [ "$code" -eq 3 ] || break
  echo "gpu_check: once more, without that kernel"
done
[ "$code" -eq 2 ] && exit 2

LD_LIBRARY_PATH=$before timeout 300 python3 scripts/gpu_check/torch_resnet.py "$batches" || true
exit "$code"
