// Maxima of channels-last bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/per_isa.h"

namespace qbench::onednn::kernels {
namespace {

// The pixels of one window that lie on the input, `row` and `channels` bytes apart.
struct Window {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t row;
  std::int64_t channels;
};

using UnsignedBytes [[gnu::vector_size(64)]] = std::uint8_t;
using SignedBytes [[gnu::vector_size(64)]] = std::int8_t;

template <class Value>  // a vector or one element
QBENCH_ALWAYS_INLINE void max_of(const std::byte* first, const Window& window, std::byte* out) {
  Value largest;
  std::memcpy(&largest, first, sizeof(Value));
  for (std::int64_t h = 0; h < window.rows; ++h) {
    for (std::int64_t w = 0; w < window.columns; ++w) {
      Value value;
      std::memcpy(&value, first + h * window.row + w * window.channels, sizeof(Value));
      largest = value > largest ? value : largest;
    }
  }
  std::memcpy(out, &largest, sizeof(Value));
}

template <class Vector, class Element>
QBENCH_ALWAYS_INLINE void max_loop(const std::byte* first, const Window& window, std::byte* out) {
  constexpr auto kWidth = static_cast<std::int64_t>(sizeof(Vector));
  if (window.channels < kWidth) {
    for (std::int64_t c = 0; c < window.channels; ++c) max_of<Element>(first + c, window, out + c);
    return;
  }
  for (std::int64_t c = 0; c < window.channels; c += kWidth) {
    const std::int64_t at = std::min(c, window.channels - kWidth);  // the last may overlap
    max_of<Vector>(first + at, window, out + at);
  }
}

}  // namespace

void max_pool(const Pooling& pool, const std::byte* in, std::byte* out) {
  const auto largest = pool.in_dtype == DType::u8 ? per_isa<max_loop<UnsignedBytes, std::uint8_t>>
                                                  : per_isa<max_loop<SignedBytes, std::int8_t>>;
  parallel_for(pool.images * pool.out_h, [&](std::int64_t i) {
    const std::int64_t top = i % pool.out_h * pool.stride.h - pool.padding.top;
    const std::int64_t row = std::max<std::int64_t>(top, 0);
    const std::int64_t rows = std::min(top + pool.kernel.h, pool.in_h) - row;
    const std::byte* image = in + i / pool.out_h * pool.in_h * pool.in_w * pool.channels;
    for (std::int64_t w = 0; w < pool.out_w; ++w) {
      const std::int64_t left = w * pool.stride.w - pool.padding.left;
      const std::int64_t column = std::max<std::int64_t>(left, 0);
      const std::int64_t columns = std::min(left + pool.kernel.w, pool.in_w) - column;
      largest(image + (row * pool.in_w + column) * pool.channels,
              {rows, columns, pool.in_w * pool.channels, pool.channels},
              out + (i * pool.out_w + w) * pool.channels);
    }
  });
}

}  // namespace qbench::onednn::kernels
