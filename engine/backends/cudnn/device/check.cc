#include "engine/backends/cudnn/device/check.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace qbench::cudnn {
namespace {

// A graph that no kernel of the library computes, rather than something gone wrong.
ErrorKind kind_of(cudnnStatus_t status) {
  return CUDNN_STATUS_CATEGORY(static_cast<int>(status)) == CUDNN_STATUS_NOT_SUPPORTED
             ? ErrorKind::unsupported
             : ErrorKind::environment;
}

}  // namespace

std::string last_message(cudnnStatus_t status) {
  std::array<char, 1024> text{};
  cudnnGetLastErrorString(text.data(), text.size());
  const std::string_view detail = text.data();
  return fmt::format("{}{}{}", cudnnGetErrorString(status), detail.empty() ? "" : ": ", detail);
}

void check(cudaError_t status, std::string_view what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // taken note of: else the next launch would be blamed for it
  throw Error(fmt::format("CUDA {}: {}", what, cudaGetErrorString(status)), ErrorKind::environment);
}

void check(cudnnStatus_t status, std::string_view what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw Error(fmt::format("cuDNN {}: {}", what, last_message(status)), kind_of(status));
}

}  // namespace qbench::cudnn
