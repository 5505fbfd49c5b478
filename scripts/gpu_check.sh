#!/usr/bin/env bash
# Builds the cuDNN backend with nothing but g++, cmake, CUDA 12 or 13 and cuDNN 9, checks its results
# and measures it; then ResNet-50 of PyTorch, where python3 has it. Options go to gpu_check:
#   --networks mobilenet1.0,resnet50_v1 --batches 1,32 --seconds 500 --skip correctness
# Exit code 2: no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${GPU_CHECK_BUILD:-build/gpu_check}
cmake -S scripts/gpu_check -B "$build" >"$build.configure.log" 2>&1 || {
  cat "$build.configure.log"
  exit 1
}
grep 'cuDNN backend' "$build.configure.log"
cmake --build "$build" -j "$(nproc)" >"$build.log" 2>&1 || {
  grep -E 'error|Error' "$build.log" | head -40
  exit 1
}

# Libraries that cuDNN opens by name may lie beside it in a Python package.
packages=$(python3 -c 'import nvidia, glob
print(":".join(p for root in nvidia.__path__ for p in glob.glob(root + "/*/lib")))' 2>/dev/null || true)
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")")")
export LD_LIBRARY_PATH="${packages:+$packages:}$toolkit/lib64:$toolkit/lib:${LD_LIBRARY_PATH:-}"

code=0
"$build/gpu_check" "$@" || code=$?
[ "$code" -eq 2 ] && exit 2

batches=1,32,256
for ((i = 1; i < $#; i++)); do
  [ "${!i}" = --batches ] && j=$((i + 1)) && batches=${!j}
done
timeout 300 python3 scripts/gpu_check/torch_resnet.py "$batches" || true
exit "$code"
