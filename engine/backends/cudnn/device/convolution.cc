#include "engine/backends/cudnn/device/convolution.h"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t { kData, kWeight, kResult };

const ConvolutionWork& work_of(const Step& step) { return std::get<ConvolutionWork>(step.work); }

// Sums of the result's own element type lie where the result will.
bool sums_in_result(const Step& step) {
  return sums_desc(work_of(step), step.operands).dtype == step.operands[kResult].desc.dtype;
}

std::size_t round_up(std::size_t bytes) {
  constexpr std::size_t kAlignment = 256;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// The operands after the result are the same, one place earlier.
Step make_rest(const Step& step) {
  const ConvolutionWork& work = work_of(step);
  Step rest;
  rest.node = step.node;
  rest.op = step.op;
  rest.work = EpilogueWork{work.residual_ratio, work.activation, work.unit};
  rest.operands.push_back({.buffer = 0, .desc = sums_desc(work, step.operands)});
  rest.operands.insert(rest.operands.end(), step.operands.begin() + kResult, step.operands.end());
  return rest;
}

std::string describe_device(int device) {
  constexpr int kOldest = 8;  // what our own kernels are built for
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "could not describe the GPU");
  if (properties.major < kOldest)
    throw Error(fmt::format("GPU {} ({}) has compute capability {}.{}, expected {}.0 or later",
                            device, properties.name, properties.major, properties.minor, kOldest),
                ErrorKind::unsupported);
  int driver = 0;
  check(cudaDriverGetVersion(&driver), "could not ask for the driver's version");
  // With this set to 0 the library leaves its tf32 kernels out.
  const char* const tf32 = std::getenv("NVIDIA_TF32_OVERRIDE");
  return fmt::format("{}, {} processors, cuDNN {}, driver {}{}", properties.name,
                     properties.multiProcessorCount, cudnnGetVersion(), driver,
                     tf32 != nullptr && *tf32 == '0' ? ", no tf32" : "");
}

int entered(int device) {
  check(cudaSetDevice(device), fmt::format("could not use GPU {}", device));
  return device;
}

}  // namespace

Session::Session(int device)
    : device_(entered(device)), identity_(describe_device(device)), target_(make_target()) {}

void Session::enter() const { entered(device_); }

bool Session::is_lost() const {
  cudaGetLastError();
  const bool lost = cudaStreamSynchronize(stream_.get()) != cudaSuccess;
  cudaGetLastError();
  return lost;
}

LibraryConvolution::LibraryConvolution(const Session& session, const Step& step, const Way& way,
                                       std::shared_ptr<const LibraryKernel> kernel)
    : session_(session),
      way_(way),
      operations_(describe(step, way)),
      kernel_(std::move(kernel)),
      addresses_(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR) {
  if (way.kind == WayKind::fused) return;
  rest_ = make_rest(step);
  if (!sums_in_result(step)) sums_bytes_ = round_up(bytes_of(rest_.operands[0].desc));
}

void LibraryConvolution::bind(std::span<std::byte* const> pointers, std::byte* workspace) {
  std::byte* const sums = sums_bytes_ > 0 ? workspace : pointers[kResult];
  addresses_ = Descriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  numbers_.clear();
  numbers_.reserve(operations_.tensors.size());  // their addresses stay
  std::vector<std::int64_t> ids;
  std::vector<void*> places;
  for (const GraphTensor& tensor : operations_.tensors) {
    if (tensor.is_virtual) continue;
    ids.push_back(tensor.id);
    if (tensor.value) {
      places.push_back(&numbers_.emplace_back(*tensor.value));
    } else {
      places.push_back(tensor.operand < 0 ? sums
                                          : pointers[static_cast<std::size_t>(tensor.operand)]);
    }
  }
  void* const own = workspace == nullptr ? nullptr : workspace + sums_bytes_;
  addresses_.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::span<const std::int64_t>(ids));
  addresses_.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::span<void* const>(places));
  addresses_.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, std::span<void* const>(&own, 1));
  addresses_.finalize();
  if (way_.kind == WayKind::fused) return;
  rest_pointers_ = {sums};
  rest_pointers_.insert(rest_pointers_.end(), pointers.begin() + kResult, pointers.end());
}

void LibraryConvolution::run() const {
  check(cudnnBackendExecute(kernel_->target->handle(), kernel_->plan.descriptor().get(),
                            addresses_.get()),
        "could not run a convolution");
  if (way_.kind == WayKind::sums) launch_step(rest_, rest_pointers_, session_.stream().get());
}

}  // namespace qbench::cudnn
