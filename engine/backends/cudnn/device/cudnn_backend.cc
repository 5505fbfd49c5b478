#include "engine/backends/cudnn/device/cudnn_backend.h"

#include <cuda_runtime_api.h>
#include <cudnn.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/backends/cudnn/device/executable.h"
#include "engine/backends/cudnn/lower.h"
#include "engine/core/error.h"

namespace qbench {
namespace cudnn {
namespace {

std::string version_text(int version) {  // 13020: 13.2
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

bool has_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const Node& node) { return node.type.quant.has_value(); });
}

TuningCache& tuning_cache() {
  static TuningCache cache(default_tuning_path());
  return cache;
}

class CudnnBackend final : public Backend {
 public:
  std::string name() const override { return "cudnn"; }

  std::string description() const override {
    const std::size_t version = cudnnGetVersion();
    std::string text = fmt::format("cuDNN {}.{}.{}, CUDA {}", version / 10000, version / 100 % 100,
                                   version % 100, version_text(CUDART_VERSION));
    if (unavailable()) return text;
    for (int device = 0; device < devices(); ++device) {
      cudaDeviceProp properties{};
      if (cudaGetDeviceProperties(&properties, device) == cudaSuccess)
        text += fmt::format("{} {}", device == 0 ? " on" : ",", properties.name);
    }
    return text;
  }

  std::optional<std::string> unavailable() const override {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaSuccess && count > 0) return std::nullopt;
    cudaGetLastError();
    int driver = 0;
    const bool has_driver = cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0;
    if (status == cudaErrorInsufficientDriver && has_driver)
      return fmt::format("the NVIDIA driver is too old: for CUDA {}, this build needs {}",
                         version_text(driver), version_text(CUDART_VERSION));
    if (!has_driver || status == cudaErrorNoDevice || status == cudaSuccess) return "no NVIDIA GPU";
    return fmt::format("the NVIDIA GPU cannot be used: {}", cudaGetErrorString(status));
  }

  int devices() const override {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
  }

  std::vector<FloatMath> float_maths() const override {
    return {FloatMath::f32, FloatMath::tf32, FloatMath::f16};
  }

  bool takes_u8() const override { return false; }
  bool uses_threads() const override { return false; }

  std::optional<std::string> unsupported(const Graph& graph, NodeId node) const override {
    return why_unsupported(graph, node);
  }

  std::unique_ptr<Executable> compile(const Graph& graph,
                                      const CompileOptions& options) const override {
    PlanOptions plan{.float_math = options.float_math, .observed = options.observed};
    Plan channels_last = make_plan(graph, plan);
    if (const auto reason = unavailable()) throw Error(*reason, ErrorKind::unsupported);
    if (options.device < 0 || options.device >= devices())
      throw Error(fmt::format("GPU {}, expected 0 to {}", options.device, devices() - 1));
    const bool exact = !options.observed.empty();
    const DeviceOptions device{
        .device = options.device, .winograd = options.winograd && !exact, .exact = exact};
    auto first =
        std::make_unique<CudnnExecutable>(std::move(channels_last), device, tuning_cache());
    if (exact || options.float_math == FloatMath::f16 || has_quantized(graph)) return first;
    plan.row_major = true;
    return faster(std::move(first), make_plan(graph, plan), device);
  }

 private:
  // Which layout suits the library's kernels for real numbers depends on the network.
  static std::unique_ptr<Executable> faster(std::unique_ptr<CudnnExecutable> first, Plan plan,
                                            const DeviceOptions& options) {
    try {
      auto second = std::make_unique<CudnnExecutable>(std::move(plan), options, tuning_cache());
      if (second->measure_network_ns() < first->measure_network_ns()) return second;
    } catch (const Error&) {  // no memory for both, most likely
      if (first->is_lost()) throw;
    }
    return first;
  }
};

}  // namespace
}  // namespace cudnn

const Backend& cudnn_backend() {
  static const cudnn::CudnnBackend kBackend;
  return kBackend;
}

}  // namespace qbench
