#include "lost.h"

#include <cuda_runtime_api.h>

namespace gpu_check {

bool device_is_lost() {
  cudaGetLastError();
  const bool lost = cudaDeviceSynchronize() != cudaSuccess;
  cudaGetLastError();
  return lost;
}

}  // namespace gpu_check
