// Pooling. Sums are in double, which holds sums of 8-bit integers exactly.
#include <algorithm>
#include <limits>

#include "engine/backends/reference/element.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

// The part of a window that lies on the input, and how long the window is with padding.
struct Window {
  std::int64_t first;
  std::int64_t last;
  std::int64_t padded_length;
  Window(std::int64_t start, std::int64_t kernel, std::int64_t in, std::int64_t padding_after)
      : first(std::max<std::int64_t>(start, 0)),
        last(std::min(start + kernel, in)),
        padded_length(std::min(start + kernel, in + padding_after) - start) {}
  std::int64_t length() const { return last - first; }
};

template <class Function>
void for_each(Window rows, Window columns, const Tensor& data, std::int64_t plane,
              std::int64_t width, Function&& function) {
  for (std::int64_t y = rows.first; y < rows.last; ++y) {
    for (std::int64_t x = columns.first; x < columns.last; ++x) {
      function(load(data, static_cast<std::size_t>(plane + y * width + x)));
    }
  }
}

float maximum(Window rows, Window columns, const Tensor& data, std::int64_t plane,
              std::int64_t width) {
  float largest = std::numeric_limits<float>::lowest();
  for_each(rows, columns, data, plane, width, [&](float v) { largest = std::max(largest, v); });
  return largest;
}

float average(Window rows, Window columns, const Tensor& data, std::int64_t plane,
              std::int64_t width, bool count_include_pad) {
  double sum = 0;
  for_each(rows, columns, data, plane, width, [&](float v) { sum += v; });
  const std::int64_t count = count_include_pad ? rows.padded_length * columns.padded_length
                                               : rows.length() * columns.length();
  return static_cast<float>(sum / static_cast<double>(count));
}

}  // namespace

void evaluate(const Pool& op, Operands in, const Result& out, Scratch&) {
  const Shape& from = in[0].type.shape;
  const Shape& to = out.type.shape;
  const Extent2d kernel = op.global ? Extent2d{from[2], from[3]} : op.kernel;
  const Extent2d stride = op.global ? Extent2d{} : op.stride;
  const Padding2d padding = op.global ? Padding2d{} : op.padding;
  const float factor = ratio(in[0], out);

  std::size_t i = 0;
  for (std::int64_t plane = 0; plane < to[0] * to[1]; ++plane) {
    const std::int64_t offset = plane * from[2] * from[3];
    for (std::int64_t y = 0; y < to[2]; ++y) {
      const Window rows(y * stride.h - padding.top, kernel.h, from[2], padding.bottom);
      for (std::int64_t x = 0; x < to[3]; ++x) {
        const Window columns(x * stride.w - padding.left, kernel.w, from[3], padding.right);
        const float value =
            op.kind == PoolKind::max
                ? maximum(rows, columns, in[0].data, offset, from[3])
                : average(rows, columns, in[0].data, offset, from[3], op.count_include_pad);
        store(out.data, i++, value * factor);
      }
    }
  }
}

}  // namespace qbench::reference
