// Average pooling of channels-last values: exact integer sums, or sums in double.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/per_isa.h"
#include "engine/backends/onednn/store.h"

namespace qbench::onednn::kernels {
namespace {

// The part of a window that lies on the input, and its length with padding.
struct Window {
  std::int64_t first;
  std::int64_t last;
  std::int64_t padded_length;
  Window(std::int64_t start, std::int64_t kernel, std::int64_t in, std::int64_t padding_after)
      : first(std::max<std::int64_t>(start, 0)),
        last(std::max(std::min(start + kernel, in), first)),
        padded_length(std::min(start + kernel, in + padding_after) - start) {}
};

constexpr std::int64_t kTile = 256;  // channels summed together

// Pixels of a window, `row` and `pixel` elements apart.
struct Grid {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t row;
  std::int64_t pixel;
};

template <class T, class Sum>
QBENCH_ALWAYS_INLINE void sum_loop(const T* in, const Grid& grid, std::int64_t width, Sum* sums) {
  std::fill_n(sums, width, Sum{0});
  for (std::int64_t h = 0; h < grid.rows; ++h) {
    for (std::int64_t w = 0; w < grid.columns; ++w) {
      const T* from = in + h * grid.row + w * grid.pixel;
      for (std::int64_t i = 0; i < width; ++i) sums[i] += static_cast<Sum>(from[i]);
    }
  }
}

template <class Sum, class To>
QBENCH_ALWAYS_INLINE void average_loop(const Sum* sums, Sum count, float ratio, std::int64_t width,
                                       To* out) {
  const float divisor = count == 0 ? 1 : static_cast<float>(count);
  for (std::int64_t i = 0; i < width; ++i) {
    if constexpr (std::is_same_v<Sum, double>) {
      out[i] = store<To>(static_cast<float>(sums[i] / divisor) * ratio);
    } else {
      out[i] = store<To>(static_cast<float>(sums[i]) / divisor * ratio);
    }
  }
}

template <class Sum, class T, class To>
void average_window(const Pooling& pool, Window rows, Window columns, const T* image, To* out) {
  const Grid grid{rows.last - rows.first, columns.last - columns.first, pool.in_w * pool.channels,
                  pool.channels};
  const std::int64_t count = pool.count_include_pad ? rows.padded_length * columns.padded_length
                                                    : grid.rows * grid.columns;
  const T* first = image + rows.first * grid.row + columns.first * grid.pixel;
  std::array<Sum, kTile> sums;
  for (std::int64_t c = 0; c < pool.channels; c += kTile) {
    const std::int64_t width = std::min(kTile, pool.channels - c);
    per_isa<sum_loop<T, Sum>>(first + c, grid, width, sums.data());
    per_isa<average_loop<Sum, To>>(sums.data(), static_cast<Sum>(count), pool.ratio, width,
                                   out + c);
  }
}

template <class Sum, class T, class To>
void pool_values(const Pooling& pool, const T* in, To* out) {
  const std::int64_t image = pool.in_h * pool.in_w * pool.channels;
  parallel_for(pool.images * pool.out_h, [&](std::int64_t i) {
    const std::int64_t h = i % pool.out_h;
    const Window rows(h * pool.stride.h - pool.padding.top, pool.kernel.h, pool.in_h,
                      pool.padding.bottom);
    for (std::int64_t w = 0; w < pool.out_w; ++w) {
      const Window columns(w * pool.stride.w - pool.padding.left, pool.kernel.w, pool.in_w,
                           pool.padding.right);
      average_window<Sum>(pool, rows, columns, in + i / pool.out_h * image,
                          out + (i * pool.out_w + w) * pool.channels);
    }
  });
}

}  // namespace

void average_pool(const Pooling& pool, const std::byte* in, std::byte* out) {
  if (pool.in_dtype == DType::f32)
    return pool_values<double>(pool, reinterpret_cast<const float*>(in),
                               reinterpret_cast<float*>(out));
  const auto values = [&]<class T, class To>(T, To) {
    pool_values<std::int32_t>(pool, reinterpret_cast<const T*>(in), reinterpret_cast<To*>(out));
  };
  const bool from_u8 = pool.in_dtype == DType::u8;
  const bool to_u8 = pool.out_dtype == DType::u8;
  if (from_u8 && to_u8) return values(std::uint8_t{}, std::uint8_t{});
  if (from_u8) return values(std::uint8_t{}, std::int8_t{});
  if (to_u8) return values(std::int8_t{}, std::uint8_t{});
  values(std::int8_t{}, std::int8_t{});
}

}  // namespace qbench::onednn::kernels
