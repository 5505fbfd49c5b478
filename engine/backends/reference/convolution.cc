// Convolution: one output plane at a time, one weight at a time.
#include <algorithm>

#include "engine/backends/reference/epilogue.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

// Output positions [first, last) along one axis whose input position, o * stride + offset, exists.
struct Reach {
  std::int64_t first;
  std::int64_t last;
  Reach(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t offset)
      : first(offset >= 0 ? 0 : (-offset + stride - 1) / stride),
        last(in <= offset ? 0 : std::min(out, (in - 1 - offset) / stride + 1)) {}
};

struct Plane {
  std::int64_t height;
  std::int64_t width;
  std::int64_t size() const { return height * width; }
};

// Adds one weight times the data it meets to every accumulator of the plane. `top` and `left` are
// the input position that the weight sees from the output's first element.
template <class Data, class Accumulator>
void accumulate(Accumulator weight, const Data* data, Plane in, std::int64_t top, std::int64_t left,
                Extent2d stride, Accumulator* accumulators, Plane out) {
  const Reach rows(in.height, out.height, stride.h, top);
  const Reach columns(in.width, out.width, stride.w, left);
  for (std::int64_t y = rows.first; y < rows.last; ++y) {
    const Data* from = data + (y * stride.h + top) * in.width + left;
    Accumulator* to = accumulators + y * out.width;
    for (std::int64_t x = columns.first; x < columns.last; ++x) {
      to[x] += weight * static_cast<Accumulator>(from[x * stride.w]);
    }
  }
}

template <class Data, class Weight, class Accumulator>
void convolve(const Convolution& op, Operands in, const Epilogue& epilogue,
              std::vector<Accumulator>& scratch) {
  const Shape& data_shape = in[0].type.shape;
  const Shape& weight_shape = in[1].type.shape;
  const Shape& out_shape = epilogue.out.type.shape;
  const Plane in_plane{data_shape[2], data_shape[3]};
  const Plane out_plane{out_shape[2], out_shape[3]};
  const std::int64_t channels = weight_shape[1];  // of one group
  const std::int64_t outputs = out_shape[1];
  const std::span accumulators(scratch.data(), static_cast<std::size_t>(out_plane.size()));

  for (std::int64_t n = 0; n < out_shape[0]; ++n) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      const std::int64_t first_channel = o / (outputs / op.groups) * channels;
      const Weight* weight = in[1].data.data<Weight>().data() + o * weight_shape.elements(1);
      std::ranges::fill(accumulators, Accumulator{0});
      for (std::int64_t c = 0; c < channels; ++c) {
        const Data* plane = in[0].data.data<Data>().data() +
                            (n * data_shape[1] + first_channel + c) * in_plane.size();
        for (std::int64_t ky = 0; ky < weight_shape[2]; ++ky) {
          for (std::int64_t kx = 0; kx < weight_shape[3]; ++kx) {
            accumulate(static_cast<Accumulator>(*weight++), plane, in_plane,
                       ky * op.dilation.h - op.padding.top, kx * op.dilation.w - op.padding.left,
                       op.stride, accumulators.data(), out_plane);
          }
        }
      }
      epilogue(static_cast<std::size_t>(n), static_cast<std::size_t>(o),
               static_cast<std::size_t>((n * outputs + o) * out_plane.size()), accumulators);
    }
  }
}

}  // namespace

void evaluate(const Convolution& op, Operands in, const Result& out, Scratch& scratch) {
  const Epilogue epilogue{.data = in[0],
                          .weight = in[1],
                          .bias = op.has_bias ? &in[2] : nullptr,
                          .residual = op.has_residual ? &in.back() : nullptr,
                          .activation = op.activation,
                          .out = out};
  switch (in[0].type.dtype) {
    case DType::s8:
      return convolve<std::int8_t, std::int8_t>(op, in, epilogue, scratch.integers);
    case DType::u8:
      return convolve<std::uint8_t, std::int8_t>(op, in, epilogue, scratch.integers);
    default:
      return convolve<float, float>(op, in, epilogue, scratch.reals);
  }
}

}  // namespace qbench::reference
