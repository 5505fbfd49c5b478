#include "engine/backends/cudnn/device/agreement.h"

#include <algorithm>
#include <cmath>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/kernels/element.h"

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t { kData, kWeight, kResult, kMultiplier, kBias, kResidual, kScales };

Desc for_one_image(Desc desc) {
  desc.shape[0] = 1;
  return desc;
}

// Of the largest value of the result.
float tolerance(Arithmetic arithmetic, DType result) {
  if (result == DType::f16 || arithmetic == Arithmetic::f16) return 5e-3F;
  return arithmetic == Arithmetic::tf32 ? 5e-3F : 1e-4F;
}

}  // namespace

std::vector<float> read_first_image(const Stream& stream, const Desc& desc, const std::byte* data) {
  const Desc one = for_one_image(desc);
  std::vector<std::byte> bytes(bytes_of(one));
  check(cudaMemcpyAsync(bytes.data(), data, bytes.size(), cudaMemcpyDeviceToHost, stream.get()),
        "could not read a result");
  stream.wait();
  const auto strides = strides_of(one);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(one.shape.elements()));
  for (std::int64_t c = 0; c < one.shape[1]; ++c)
    for (std::int64_t h = 0; h < one.shape[2]; ++h)
      for (std::int64_t w = 0; w < one.shape[3]; ++w)
        values.push_back(kernels::load(bytes.data(), one.dtype,
                                       c * strides[1] + h * strides[2] + w * strides[3]));
  return values;
}

std::vector<float> first_image_by_own_kernel(const Stream& stream, const Step& step,
                                             std::span<std::byte* const> pointers) {
  Step one = step;
  std::get<ConvolutionWork>(one.work).geometry.images = 1;
  for (const std::size_t operand : {kData, kResult, kResidual}) {
    if (operand >= one.operands.size() || one.operands[operand].buffer < 0) continue;
    one.operands[operand].desc = for_one_image(one.operands[operand].desc);
  }
  const DeviceMemory result(bytes_of(one.operands[kResult].desc));
  std::vector<std::byte*> places(pointers.begin(), pointers.end());
  places[kResult] = result.data();
  launch_step(one, places, stream.get());
  return read_first_image(stream, one.operands[kResult].desc, result.data());
}

bool agree(Arithmetic arithmetic, DType result, std::span<const float> found,
           std::span<const float> expected) {
  float largest = 0;
  float difference = 0;
  std::size_t different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(found[i])) return false;
    largest = std::max(largest, std::fabs(expected[i]));
    difference = std::max(difference, std::fabs(found[i] - expected[i]));
    if (found[i] != expected[i]) ++different;
  }
  // Rounding down instead of to nearest would put half of them one step off.
  if (result == DType::s8) return difference <= 1 && different <= expected.size() / 50;
  return difference <= tolerance(arithmetic, result) * largest;
}

}  // namespace qbench::cudnn
