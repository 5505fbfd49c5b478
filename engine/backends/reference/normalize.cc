// Operators that normalize over channels or positions. Sums in double.
#include <algorithm>
#include <cmath>

#include "engine/backends/reference/element.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

// A tensor seen as [outer, dim, inner].
struct Around {
  std::size_t outer;
  std::size_t dim;
  std::size_t inner;
  std::size_t at(std::size_t o, std::size_t d, std::size_t i) const {
    return (o * dim + d) * inner + i;
  }
};

Around around_axis(const Shape& shape, std::size_t axis) {
  std::size_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(shape[i]);
  return {outer, static_cast<std::size_t>(shape[axis]),
          static_cast<std::size_t>(shape.elements(axis + 1))};
}

}  // namespace

void evaluate(const BatchNorm& op, Operands in, const Result& out, Scratch&) {
  const Around channels = around_axis(out.type.shape, 1);
  for (std::size_t c = 0; c < channels.dim; ++c) {
    const double gamma = op.fix_gamma ? 1 : load(in[1].data, c);
    const double beta = load(in[2].data, c);
    const double mean = load(in[3].data, c);
    const double scale = gamma / std::sqrt(static_cast<double>(load(in[4].data, c)) + op.epsilon);
    for (std::size_t n = 0; n < channels.outer; ++n) {
      for (std::size_t i = 0; i < channels.inner; ++i) {
        const std::size_t e = channels.at(n, c, i);
        store(out.data, e, static_cast<float>((load(in[0].data, e) - mean) * scale + beta));
      }
    }
  }
}

void evaluate(const Softmax& op, Operands in, const Result& out, Scratch&) {
  const Around axis = around_axis(out.type.shape, static_cast<std::size_t>(op.axis));
  const Tensor& x = in[0].data;
  for (std::size_t o = 0; o < axis.outer; ++o) {
    for (std::size_t i = 0; i < axis.inner; ++i) {
      float largest = -INFINITY;
      for (std::size_t d = 0; d < axis.dim; ++d) {
        largest = std::max(largest, load(x, axis.at(o, d, i)));
      }
      const auto power = [&](std::size_t d) {
        return std::exp(static_cast<double>(load(x, axis.at(o, d, i))) - largest);
      };
      double sum = 0;
      for (std::size_t d = 0; d < axis.dim; ++d) sum += power(d);
      for (std::size_t d = 0; d < axis.dim; ++d) {
        store(out.data, axis.at(o, d, i), static_cast<float>(power(d) / sum));
      }
    }
  }
}

void evaluate(const L2Normalize& op, Operands in, const Result& out, Scratch&) {
  // A norm is over dim, for each outer and inner index.
  const Around channels = around_axis(out.type.shape, 1);
  Around axis = channels;
  if (op.mode == L2Mode::spatial) axis = {channels.outer * channels.dim, channels.inner, 1};
  if (op.mode == L2Mode::instance) axis = {channels.outer, channels.dim * channels.inner, 1};
  const Tensor& x = in[0].data;
  for (std::size_t o = 0; o < axis.outer; ++o) {
    for (std::size_t i = 0; i < axis.inner; ++i) {
      double sum = op.epsilon;
      for (std::size_t d = 0; d < axis.dim; ++d) {
        const double v = load(x, axis.at(o, d, i));
        sum += v * v;
      }
      for (std::size_t d = 0; d < axis.dim; ++d) {
        const std::size_t e = axis.at(o, d, i);
        store(out.data, e, static_cast<float>(load(x, e) / std::sqrt(sum)));
      }
    }
  }
}

void evaluate(const Lrn& op, Operands in, const Result& out, Scratch&) {
  const Around channels = around_axis(out.type.shape, 1);
  const Tensor& x = in[0].data;
  const auto half = static_cast<std::size_t>(op.size / 2);
  for (std::size_t n = 0; n < channels.outer; ++n) {
    for (std::size_t c = 0; c < channels.dim; ++c) {
      const std::size_t first = c > half ? c - half : 0;
      const std::size_t last =
          std::min(channels.dim - c > half ? c + half + 1 : channels.dim, channels.dim);
      for (std::size_t i = 0; i < channels.inner; ++i) {
        double sum = 0;
        for (std::size_t k = first; k < last; ++k) {
          const double v = load(x, channels.at(n, k, i));
          sum += v * v;
        }
        const double base =
            op.bias + static_cast<double>(op.alpha) / static_cast<double>(op.size) * sum;
        const std::size_t e = channels.at(n, c, i);
        store(out.data, e, static_cast<float>(load(x, e) * std::pow(base, -op.beta)));
      }
    }
  }
}

}  // namespace qbench::reference
