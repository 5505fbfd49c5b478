#!/usr/bin/env bash
# Builds gpu_check where there is no CMake: build.sh FOLDER. CUDACXX, CXX and CUDNN_PATH say which
# compilers and which cuDNN, where those that are found are the wrong ones.
set -euo pipefail
out=$1
cd "$(dirname "$0")/../.."

first_existing() {
  local file
  for file; do
    if [ -e "$file" ]; then
      echo "$file"
      return
    fi
  done
  return 1
}

nvcc=${CUDACXX:-$(command -v nvcc || first_existing /usr/local/cuda/bin/nvcc /usr/local/cuda-*/bin/nvcc ||
  true)}
[ -n "$nvcc" ] || { echo "no nvcc found: set CUDACXX" >&2; exit 1; }
cxx=${CXX:-$(command -v g++ || command -v c++ || command -v clang++ || true)}
[ -n "$cxx" ] || { echo "no C++ compiler found: set CXX" >&2; exit 1; }
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v "$nvcc")")")")

# cuDNN: where it is said to be, in the toolkit, in a Python package, in the system.
package=$(python3 -c 'import nvidia.cudnn
print(list(nvidia.cudnn.__path__)[0])' 2>/dev/null || true)
roots=(${CUDNN_PATH:+"$CUDNN_PATH"} "$toolkit" "$toolkit/targets/x86_64-linux" ${package:+"$package"} /usr
  /usr/local)
for root in "${roots[@]}"; do
  header=$(first_existing "$root"/include/cudnn_graph.h "$root"/include/*-linux-gnu/cudnn_graph.h) ||
    continue
  library=$(first_existing "$root"/lib/libcudnn.so{,.9} "$root"/lib64/libcudnn.so{,.9} \
    "$root"/lib/*-linux-gnu/libcudnn.so{,.9}) && break
done
[ -n "${library:-}" ] || { echo "no cuDNN found: set CUDNN_PATH" >&2; exit 1; }
runtime=$(first_existing "$toolkit"/{lib64,lib,targets/*/lib}/libcudart_static.a \
  /usr/lib/*-linux-gnu/libcudart_static.a)
echo "$library" >"$out/cudnn_library"
echo "-- cuDNN backend: built without CMake, $nvcc, $library"

# No header of the system's own folders: before them it would hide the compiler's.
include=(-I. -Iscripts/gpu_check/include)
for folder in "$(dirname "$header")" "$toolkit/include" "$toolkit"/targets/*/include; do
  if [ -d "$folder" ] && [ "$folder" != /usr/include ]; then include+=(-isystem "$folder"); fi
done
host_flags=(-std=c++20 -O2 -ffp-contract=off -pthread)
device_flags=(-std=c++20 -O2 -fmad=false -Xcompiler=-ffp-contract=off
  -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=sm_90
  -gencode=arch=compute_90,code=compute_90)

mkdir -p "$out/objects"
commands=$out/commands
: >"$commands"
objects=()
for room in core graph passes zoo quantizer calibration backends/reference backends/cudnn \
  backends/cudnn/device; do
  for source in engine/"$room"/*.cc engine/"$room"/*.cu; do
    case $source in
      */\** | */core/hash.cc | */graph/parse.cc | */graph/print.cc | */graph/scanner.cc | \
        */calibration/calibration_table.cc) continue ;;
    esac
    object=$out/objects/${source//\//_}.o
    objects+=("$object")
    if [ "${source%.cu}" != "$source" ]; then
      echo "$nvcc -ccbin $cxx ${device_flags[*]} ${include[*]} -c $source -o $object"
    else
      echo "$cxx ${host_flags[*]} ${include[*]} -c $source -o $object"
    fi >>"$commands"
  done
done
for source in scripts/gpu_check/*.cc; do
  object=$out/objects/${source//\//_}.o
  objects+=("$object")
  echo "$cxx ${host_flags[*]} ${include[*]} -c $source -o $object" >>"$commands"
done

xargs -P "$(nproc)" -d '\n' -n 1 bash -c '$0 || exit 255' <"$commands" >"$out/build.log" 2>&1 || {
  grep -E 'error' "$out/build.log" | head -40 || tail -40 "$out/build.log"
  exit 1
}
"$cxx" -pthread -o "$out/gpu_check" "${objects[@]}" "$library" "$runtime" -ldl -lrt \
  "-Wl,-rpath,$(dirname "$library")"
