// Batch normalization as it is at inference, together with what follows it.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/per_isa.h"
#include "engine/backends/onednn/store.h"

namespace qbench::onednn::kernels {
namespace {

// clamp(x, low, high) * ratio, as x * ratio within limits, which may then be those of the type too.
struct Ending {
  float ratio, low, high;

  template <class To>
  static Ending of(const ScaleShift& work) {
    Ending e{work.ratio, work.low * work.ratio, work.high * work.ratio};
    if constexpr (std::is_integral_v<To>) {
      e.low = std::max(e.low, static_cast<float>(std::numeric_limits<To>::min()));
      e.high = std::min(e.high, static_cast<float>(std::numeric_limits<To>::max()));
    }
    return e;
  }
};

template <class To>
QBENCH_ALWAYS_INLINE To finish(float x, Ending e) {
  x *= e.ratio;
  x = x < e.low ? e.low : x;
  x = x > e.high ? e.high : x;
  return store_clamped<To>(x);
}

// `rows` rows of `width` channels; of one channel, a row is all of its positions.
// y may be x.
template <class To>
QBENCH_ALWAYS_INLINE void loop(const float* x, const float* scale, const float* shift,
                               std::int64_t rows, std::int64_t width, Ending e, To* y) {
  if (width == 1) {
    const float s = scale[0];
    const float t = shift[0];
    QBENCH_INDEPENDENT_ITERATIONS
    for (std::int64_t i = 0; i < rows; ++i) y[i] = finish<To>(x[i] * s + t, e);
    return;
  }
  for (std::int64_t row = 0; row < rows; ++row, x += width, y += width) {
    QBENCH_INDEPENDENT_ITERATIONS
    for (std::int64_t c = 0; c < width; ++c) y[c] = finish<To>(x[c] * scale[c] + shift[c], e);
  }
}

template <class To>
void run(const ScaleShift& work, const float* x, const float* scale, const float* shift, To* y) {
  const ChannelLayout& at = work.layout;
  const Ending ending = Ending::of<To>(work);
  parallel_ranges(at.outer * at.groups * at.inner * at.block,
                  [&](std::int64_t begin, std::int64_t end) {
                    const std::int64_t last = end / at.block;
                    for (std::int64_t row = begin / at.block; row < last;) {
                      const std::int64_t plane = row / at.inner;
                      const std::int64_t rows = std::min(last, (plane + 1) * at.inner) - row;
                      const std::int64_t channel = plane % at.groups * at.block;
                      per_isa<loop<To>>(x + row * at.block, scale + channel, shift + channel, rows,
                                        at.block, ending, y + row * at.block);
                      row += rows;
                    }
                  });
}

}  // namespace

void scale_and_shift(const ScaleShift& work, const float* x, const float* scale, const float* shift,
                     std::byte* y) {
  switch (work.out) {
    case DType::s8:
      return run(work, x, scale, shift, reinterpret_cast<std::int8_t*>(y));
    case DType::u8:
      return run(work, x, scale, shift, reinterpret_cast<std::uint8_t*>(y));
    default:
      return run(work, x, scale, shift, reinterpret_cast<float*>(y));
  }
}

}  // namespace qbench::onednn::kernels
