#include "peaks.h"

#ifdef HAS_CUBLASLT
#include <cublasLt.h>

#include <cstdio>
#include <string>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/device/memory.h"
#include "engine/backends/cudnn/device/timing.h"
#endif

namespace gpu_check {

#ifdef HAS_CUBLASLT
namespace {

using namespace qbench;
using namespace qbench::cudnn;

constexpr std::int64_t kSize = 8192;
constexpr std::size_t kWorkspace = std::size_t{64} << 20;

void check_blas(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw Error(std::string("cuBLAS: ") + cublasLtGetStatusString(status), ErrorKind::unsupported);
}

struct Product {
  DType operands;
  cudaDataType_t type;
  cudaDataType_t result;
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

// The descriptors live as long as the process: this is done a few times in all.
class Matmul {
 public:
  Matmul(cublasLtHandle_t handle, const Product& product) : handle_(handle) {
    check_blas(cublasLtMatmulDescCreate(&operation_, product.compute, product.scale));
    // INT8 products need the first matrix transposed; for the others it makes no difference.
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check_blas(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                              sizeof transposed));
    check_blas(cublasLtMatrixLayoutCreate(&in_, product.type, kSize, kSize, kSize));
    check_blas(cublasLtMatrixLayoutCreate(&out_, product.result, kSize, kSize, kSize));
    cublasLtMatmulPreference_t preference = nullptr;
    check_blas(cublasLtMatmulPreferenceCreate(&preference));
    check_blas(cublasLtMatmulPreferenceSetAttribute(
        preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspace, sizeof kWorkspace));
    int found = 0;
    check_blas(cublasLtMatmulAlgoGetHeuristic(handle, operation_, in_, in_, out_, out_, preference,
                                              1, &algorithm_, &found));
    if (found == 0) throw Error("cuBLAS has no algorithm", ErrorKind::unsupported);
  }

  void run(const DeviceMemory& a, const DeviceMemory& b, DeviceMemory& c, DeviceMemory& workspace,
           bool integers, cudaStream_t stream) const {
    const float one = 1;
    const float zero = 0;
    const std::int32_t one_integer = 1;
    const std::int32_t zero_integer = 0;
    const void* alpha = integers ? static_cast<const void*>(&one_integer) : &one;
    const void* beta = integers ? static_cast<const void*>(&zero_integer) : &zero;
    check_blas(cublasLtMatmul(handle_, operation_, alpha, a.data(), in_, b.data(), in_, beta,
                              c.data(), out_, c.data(), out_, &algorithm_.algo, workspace.data(),
                              kWorkspace, stream));
  }

 private:
  cublasLtHandle_t handle_;
  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t in_ = nullptr;
  cublasLtMatrixLayout_t out_ = nullptr;
  cublasLtMatmulHeuristicResult_t algorithm_{};
};

double measure(cublasLtHandle_t handle, const Product& product) try {
  const Stream stream;
  const std::size_t bytes = kSize * kSize * size_of(product.operands);
  DeviceMemory a(bytes);
  DeviceMemory b(bytes);
  DeviceMemory c(kSize * kSize * sizeof(float));
  DeviceMemory workspace(kWorkspace);
  const float most = product.operands == DType::s8 ? 127.0F : 1.0F;
  for (const DeviceMemory* memory : {&a, &b})
    launch_fill(memory->data(), product.operands, kSize * kSize, -most, most, 1, stream.get());
  const Matmul matmul(handle, product);
  const double ns = measure_ns(
      stream, [&] { matmul.run(a, b, c, workspace, product.operands == DType::s8, stream.get()); });
  return 2.0 * kSize * kSize * kSize / (ns * 1e-9);
} catch (const Error& error) {
  std::printf("a peak could not be measured: %s\n", error.what());
  return 0;
}

}  // namespace

Peaks measure_peaks(int device) try {
  check(cudaSetDevice(device), "could not use the GPU");
  cublasLtHandle_t handle = nullptr;
  check_blas(cublasLtCreate(&handle));
  const Peaks peaks{
      .f32 = measure(handle, {DType::f32, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, CUDA_R_32F}),
      .tf32 = measure(
          handle, {DType::f32, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F}),
      .f16 = measure(handle, {DType::f16, CUDA_R_16F, CUDA_R_16F, CUBLAS_COMPUTE_32F, CUDA_R_32F}),
      .int8 = measure(handle, {DType::s8, CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I, CUDA_R_32I})};
  cublasLtDestroy(handle);
  return peaks;
} catch (const Error& error) {
  std::printf("the peaks could not be measured: %s\n", error.what());
  return {};
}
#else
Peaks measure_peaks(int) { return {}; }
#endif

}  // namespace gpu_check
