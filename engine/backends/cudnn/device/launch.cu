#include <algorithm>
#include <type_traits>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/kernels/dispatch.h"

namespace qbench::cudnn {
namespace {

constexpr int kBlock = 256;                              // threads
constexpr std::int64_t kBlocks = std::int64_t{1} << 20;  // at most; each thread then takes more

template <class F>
__global__ void for_each(F functor, std::int64_t count) {
  const std::int64_t step = std::int64_t{gridDim.x} * kBlock;
  for (std::int64_t i = std::int64_t{blockIdx.x} * kBlock + threadIdx.x; i < count; i += step)
    functor(i);
}

template <class F>
void launch(const F& functor, std::int64_t count, cudaStream_t stream) {
  static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= 4000, "no kernel takes it");
  if (count == 0) return;
  const std::int64_t blocks = std::min((count + kBlock - 1) / kBlock, kBlocks);
  for_each<F><<<static_cast<unsigned>(blocks), kBlock, 0, stream>>>(functor, count);
  check(cudaGetLastError(), "could not launch a kernel");
}

struct Fill {
  std::byte* data;
  DType dtype;
  float low;
  float high;
  std::uint32_t seed;

  QBENCH_HD void operator()(std::int64_t i) const {
    // Two rounds of a multiplicative hash: neighbours differ in all bits.
    std::uint32_t bits = (static_cast<std::uint32_t>(i) ^ seed) * 0x9E3779B9U;
    bits = (bits ^ (bits >> 15)) * 0x85EBCA6BU;
    bits ^= bits >> 13;
    const float fraction = static_cast<float>(bits >> 8) * 0x1p-24F;
    kernels::store(data, dtype, i, low + (high - low) * fraction);
  }
};

}  // namespace

void launch_step(const Step& step, std::span<std::byte* const> pointers, cudaStream_t stream) {
  dispatch(step, pointers,
           [stream](std::int64_t count, const auto& functor) { launch(functor, count, stream); });
}

void launch_fill(std::byte* data, DType dtype, std::int64_t elements, float low, float high,
                 std::uint32_t seed, cudaStream_t stream) {
  launch(Fill{data, dtype, low, high, seed}, elements, stream);
}

}  // namespace qbench::cudnn
