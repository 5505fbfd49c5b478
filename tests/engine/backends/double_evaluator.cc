#include "tests/engine/backends/double_evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace qbench {
namespace {

struct Unknown {};  // thrown for an operator that is not here

struct Reals {
  Shape shape;
  std::vector<double> values;
  std::vector<double> steps;  // of each image, where quantized; one for all where it is empty

  double& operator()(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    return values[offset(n, c, y, x)];
  }
  double operator()(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return values[offset(n, c, y, x)];
  }
  bool inside(std::int64_t y, std::int64_t x) const {
    return y >= 0 && x >= 0 && y < shape[2] && x < shape[3];
  }
  std::size_t offset(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(((n * shape[1] + c) * shape[2] + y) * shape[3] + x);
  }
};

using Index4d = std::function<double(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>;

double activation(const ActivationSpec& spec, double x) {
  switch (spec.kind) {
    case ActivationKind::none:
      break;
    case ActivationKind::relu:
      return x > 0 ? x : 0;
    case ActivationKind::clip:
      return std::clamp<double>(x, spec.alpha, spec.beta);
    case ActivationKind::leaky:
      return x < 0 ? x * spec.alpha : x;
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::tanh:
      return std::tanh(x);
  }
  return x;
}

// Multi-dimensional index of element `flat`.
std::vector<std::int64_t> unravel(std::size_t flat, const Shape& shape) {
  std::vector<std::int64_t> index(shape.rank());
  auto rest = static_cast<std::int64_t>(flat);
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t inner = shape.elements(axis + 1);
    index[axis] = rest / inner;
    rest %= inner;
  }
  return index;
}

std::size_t ravel(const std::vector<std::int64_t>& index, const Shape& shape) {
  std::int64_t flat = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) flat = flat * shape[axis] + index[axis];
  return static_cast<std::size_t>(flat);
}

class Evaluator {
 public:
  Evaluator(const Graph& graph, const Values& inputs) : graph_(graph) {
    std::size_t next_input = 0;
    for (const Node& node : graph.nodes()) {
      node_ = &node;
      Reals result{node.type.shape, {}, {}};
      result.values.resize(static_cast<std::size_t>(node.type.shape.elements()));
      if (std::holds_alternative<Input>(node.op)) {
        std::ranges::copy(inputs.at(next_input++), result.values.begin());
      } else {
        std::visit([&](const auto& op) { compute(op, result); }, node.op);
        if (node.type.quant && !std::holds_alternative<Constant>(node.op)) to_grid(result);
      }
      values_.push_back(std::move(result));
    }
  }

  Values outputs() const {
    Values outputs;
    for (NodeId id : graph_.outputs()) {
      const std::vector<double>& values = values_[static_cast<std::size_t>(id)].values;
      outputs.emplace_back(values.begin(), values.end());
    }
    return outputs;
  }

 private:
  const Reals& in(std::size_t i) const {
    return values_[static_cast<std::size_t>(node_->inputs.at(i))];
  }

  // Moves quantized values to scale * q, q an integer of the type.
  void to_grid(Reals& reals) const {
    const QuantParams& params = *node_->type.quant;
    if (reals.steps.empty()) {
      reals.steps = params.dynamic ? in(0).steps : std::vector<double>{params.scales[0]};
    }
    const double low = node_->type.dtype == DType::u8 ? 0 : -128;
    const double high = node_->type.dtype == DType::u8 ? 255 : 127;
    const std::size_t image = reals.values.size() / reals.steps.size();
    for (std::size_t i = 0; i < reals.values.size(); ++i) {
      const double step = reals.steps[i / image];
      reals.values[i] = std::clamp(std::nearbyint(reals.values[i] / step), low, high) * step;
    }
  }

  void compute(const auto&, Reals&) const { throw Unknown{}; }

  void compute(const Constant& op, Reals& out) const {
    const Tensor& tensor = *op.value;
    const auto& quant = node_->type.quant;
    const auto inner = static_cast<std::size_t>(out.shape.elements(1));
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i] =
          tensor.dtype() == DType::f32 ? tensor.data<float>()[i] : tensor.data<std::int8_t>()[i];
      if (quant) out.values[i] *= quant->scales[quant->axis == 0 ? i / inner : 0];
    }
  }

  void fill(Reals& out, const Index4d& value) const {
    for (std::int64_t n = 0; n < out.shape[0]; ++n)
      for (std::int64_t c = 0; c < out.shape[1]; ++c)
        for (std::int64_t y = 0; y < out.shape[2]; ++y)
          for (std::int64_t x = 0; x < out.shape[3]; ++x) out(n, c, y, x) = value(n, c, y, x);
  }

  void compute(const Convolution& op, Reals& out) const {
    const Reals& data = in(0);
    const Reals& weight = in(1);
    const std::int64_t group_in = weight.shape[1];
    const std::int64_t group_out = weight.shape[0] / op.groups;
    fill(out, [&](std::int64_t n, std::int64_t o, std::int64_t y, std::int64_t x) {
      double sum = op.has_bias ? in(2).values[static_cast<std::size_t>(o)] : 0;
      for (std::int64_t c = 0; c < group_in; ++c) {
        for (std::int64_t ky = 0; ky < weight.shape[2]; ++ky) {
          for (std::int64_t kx = 0; kx < weight.shape[3]; ++kx) {
            const std::int64_t iy = y * op.stride.h + ky * op.dilation.h - op.padding.top;
            const std::int64_t ix = x * op.stride.w + kx * op.dilation.w - op.padding.left;
            if (!data.inside(iy, ix)) continue;
            sum += weight(o, c, ky, kx) * data(n, o / group_out * group_in + c, iy, ix);
          }
        }
      }
      if (op.has_residual) sum += in(node_->inputs.size() - 1)(n, o, y, x);
      return activation(op.activation, sum);
    });
  }

  void compute(const FullyConnected& op, Reals& out) const {
    const auto outputs = static_cast<std::size_t>(out.shape[1]);
    const auto features = static_cast<std::size_t>(in(1).shape[1]);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::size_t n = i / outputs;
      const std::size_t o = i % outputs;
      double sum = op.has_bias ? in(2).values[o] : 0;
      for (std::size_t k = 0; k < features; ++k) {
        sum += in(0).values[n * features + k] * in(1).values[o * features + k];
      }
      out.values[i] = activation(op.activation, sum);
    }
  }

  void compute(const Pool& op, Reals& out) const {
    const Reals& data = in(0);
    const Extent2d kernel = op.global ? Extent2d{data.shape[2], data.shape[3]} : op.kernel;
    fill(out, [&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = 0;
      double largest = -std::numeric_limits<double>::infinity();
      int real = 0;
      int padded = 0;
      for (std::int64_t ky = 0; ky < kernel.h; ++ky) {
        for (std::int64_t kx = 0; kx < kernel.w; ++kx) {
          const std::int64_t iy = y * op.stride.h + ky - op.padding.top;
          const std::int64_t ix = x * op.stride.w + kx - op.padding.left;
          if (iy < data.shape[2] + op.padding.bottom && ix < data.shape[3] + op.padding.right) {
            ++padded;
          }
          if (!data.inside(iy, ix)) continue;
          ++real;
          sum += data(n, c, iy, ix);
          largest = std::max(largest, data(n, c, iy, ix));
        }
      }
      if (op.kind == PoolKind::max) return largest;
      return sum / (op.count_include_pad ? padded : real);
    });
  }

  void compute(const Activation& op, Reals& out) const {
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i] = activation(op.spec, in(0).values[i]);
    }
  }

  void compute(const BatchNorm& op, Reals& out) const {
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const auto c = static_cast<std::size_t>(unravel(i, out.shape)[1]);
      const double gamma = op.fix_gamma ? 1 : in(1).values[c];
      out.values[i] =
          (in(0).values[i] - in(3).values[c]) * gamma / std::sqrt(in(4).values[c] + op.epsilon) +
          in(2).values[c];
    }
  }

  double broadcast(const Reals& from, const std::vector<std::int64_t>& to) const {
    std::vector<std::int64_t> index(to.end() - static_cast<std::ptrdiff_t>(from.shape.rank()),
                                    to.end());
    for (std::size_t axis = 0; axis < index.size(); ++axis) {
      if (from.shape[axis] == 1) index[axis] = 0;
    }
    return from.values[ravel(index, from.shape)];
  }

  void compute(const Add& op, Reals& out) const {
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::vector<std::int64_t> index = unravel(i, out.shape);
      out.values[i] = activation(op.activation, broadcast(in(0), index) + broadcast(in(1), index));
    }
  }

  void compute(const Multiply&, Reals& out) const {
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::vector<std::int64_t> index = unravel(i, out.shape);
      out.values[i] = broadcast(in(0), index) * broadcast(in(1), index);
    }
  }

  void compute(const Softmax& op, Reals& out) const {
    const auto axis = static_cast<std::size_t>(op.axis);
    std::map<std::vector<std::int64_t>, double> sums;  // by index along the other axes
    const auto others = [&](std::size_t i) {
      std::vector<std::int64_t> index = unravel(i, out.shape);
      index[axis] = 0;
      return index;
    };
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i] = std::exp(in(0).values[i]);
      sums[others(i)] += out.values[i];
    }
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] /= sums[others(i)];
  }

  void compute(const Transpose& op, Reals& out) const {
    for (std::size_t i = 0; i < in(0).values.size(); ++i) {
      const std::vector<std::int64_t> from = unravel(i, in(0).shape);
      std::vector<std::int64_t> to;
      for (std::int64_t axis : op.permutation) to.push_back(from[static_cast<std::size_t>(axis)]);
      out.values[ravel(to, out.shape)] = in(0).values[i];
    }
  }

  void compute(const Concat& op, Reals& out) const {
    const auto axis = static_cast<std::size_t>(op.axis);
    std::int64_t first = 0;
    for (std::size_t part = 0; part < node_->inputs.size(); ++part) {
      for (std::size_t i = 0; i < in(part).values.size(); ++i) {
        std::vector<std::int64_t> index = unravel(i, in(part).shape);
        index[axis] += first;
        out.values[ravel(index, out.shape)] = in(part).values[i];
      }
      first += in(part).shape[axis];
    }
  }

  void compute(const Pad& op, Reals& out) const {
    const Reals& data = in(0);
    fill(out, [&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      const std::int64_t iy = y - op.padding.top;
      const std::int64_t ix = x - op.padding.left;
      return data.inside(iy, ix) ? data(n, c, iy, ix) : op.value;
    });
  }

  void compute(const MultiBoxPrior& op, Reals& out) const {
    const auto rows = static_cast<double>(in(0).shape[2]);
    const auto columns = static_cast<double>(in(0).shape[3]);
    std::vector<std::pair<double, double>> kinds;  // size, ratio
    for (double size : op.sizes) kinds.emplace_back(size, op.ratios[0]);
    for (std::size_t i = 1; i < op.ratios.size(); ++i)
      kinds.emplace_back(op.sizes[0], op.ratios[i]);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::size_t side = i % 4;
      const auto [size, ratio] = kinds[i / 4 % kinds.size()];
      const auto position = static_cast<std::int64_t>(i / 4 / kinds.size());
      const bool vertical = side % 2 == 1;
      const double step = vertical ? (op.step_y > 0 ? op.step_y : 1 / rows)
                                   : (op.step_x > 0 ? op.step_x : 1 / columns);
      const double index =
          static_cast<double>(vertical ? position / in(0).shape[3] : position % in(0).shape[3]);
      const double centre = (index + (vertical ? op.offset_y : op.offset_x)) * step;
      const double extent =
          vertical ? size / std::sqrt(ratio) : size * rows / columns * std::sqrt(ratio);
      const double value = centre + (side < 2 ? -extent / 2 : extent / 2);
      out.values[i] = op.clip ? std::clamp(value, 0.0, 1.0) : value;
    }
  }

  void compute(const MultiBoxDetection& op, Reals& out) const {
    const std::int64_t classes = in(0).shape[1];
    const std::int64_t anchors = in(0).shape[2];
    std::ranges::fill(out.values, -1.0);
    for (std::int64_t n = 0; n < in(0).shape[0]; ++n) {
      std::vector<std::array<double, 6>> rows;
      for (std::int64_t a = 0; a < anchors; ++a) {
        std::array<double, 6> row = {-1, op.threshold};
        for (std::int64_t c = classes - 1; c > 0; --c) {
          const double score =
              in(0).values[static_cast<std::size_t>((n * classes + c) * anchors + a)];
          if (score >= row[1]) row = {static_cast<double>(c - 1), score};
        }
        if (row[0] < 0) continue;
        for (std::size_t axis = 0; axis < 2; ++axis) {
          const auto box = static_cast<std::size_t>(a) * 4 + axis;
          const auto offset = static_cast<std::size_t>(n * anchors) * 4 + box;
          const double low = in(2).values[box];
          const double extent = in(2).values[box + 2] - low;
          const double centre =
              low + extent / 2 + in(1).values[offset] * op.variances[axis] * extent;
          const double half =
              std::exp(in(1).values[offset + 2] * op.variances[axis + 2]) * extent / 2;
          row[2 + axis] = op.clip ? std::clamp(centre - half, 0.0, 1.0) : centre - half;
          row[4 + axis] = op.clip ? std::clamp(centre + half, 0.0, 1.0) : centre + half;
        }
        rows.push_back(row);
      }
      std::ranges::stable_sort(rows, [](const auto& a, const auto& b) { return a[1] > b[1]; });
      if (op.top_k > 0 && std::cmp_greater(rows.size(), op.top_k)) {
        rows.resize(static_cast<std::size_t>(op.top_k));
      }
      suppress(op, rows);
      auto to = out.values.begin() + static_cast<std::ptrdiff_t>(n * anchors * 6);
      for (const auto& row : rows) to = std::ranges::copy(row, to).out;
    }
  }

  // A row goes when one before it that has stayed overlaps too much.
  static void suppress(const MultiBoxDetection& op, std::vector<std::array<double, 6>>& rows) {
    const auto shared = [](const auto& a, const auto& b, std::size_t axis) {
      return std::max(0.0, std::min(a[4 + axis], b[4 + axis]) - std::max(a[2 + axis], b[2 + axis]));
    };
    const auto area = [&](const auto& a, const auto& b) {
      return shared(a, b, 0) * shared(a, b, 1);
    };
    for (std::size_t j = 0; j < rows.size(); ++j) {
      const double label = rows[j][0];
      for (std::size_t i = 0; i < j; ++i) {
        const bool rivals = rows[i][0] >= 0 && (op.force_suppress || rows[i][0] == label);
        const double both = area(rows[i], rows[j]);
        const double either = area(rows[i], rows[i]) + area(rows[j], rows[j]) - both;
        if (rivals && either > 0 && both / either >= op.nms_threshold) rows[j][0] = -1;
      }
    }
  }

  // x * (1 / scale) in f32 is part of the definition: ties depend on it.
  void compute(const Quantize&, Reals& out) const {
    const QuantParams& params = *node_->type.quant;
    const float levels = node_->type.dtype == DType::u8 ? 255 : 127;
    const std::size_t images = params.dynamic ? static_cast<std::size_t>(out.shape[0]) : 1;
    const std::size_t image = out.values.size() / images;
    for (std::size_t first = 0; first < out.values.size(); first += image) {
      float largest = 0;
      for (std::size_t i = first; i < first + image; ++i) {
        largest = std::max(largest, static_cast<float>(std::fabs(in(0).values[i])));
      }
      const float step = params.dynamic ? largest / levels : params.scales[0];
      out.steps.push_back(step);
      for (std::size_t i = first; i < first + image; ++i) {
        out.values[i] = std::nearbyint(static_cast<float>(in(0).values[i]) * (1 / step)) * step;
      }
    }
  }

  void compute(const Dequantize&, Reals& out) const { out.values = in(0).values; }
  void compute(const Flatten&, Reals& out) const { out.values = in(0).values; }
  void compute(const Reshape&, Reals& out) const { out.values = in(0).values; }
  void compute(const Dropout&, Reals& out) const { out.values = in(0).values; }
  void compute(const Identity&, Reals& out) const { out.values = in(0).values; }

  const Graph& graph_;
  const Node* node_ = nullptr;  // being computed
  std::vector<Reals> values_;
};

}  // namespace

std::optional<Values> evaluate_in_double(const Graph& graph, const Values& inputs) {
  try {
    return Evaluator(graph, inputs).outputs();
  } catch (const Unknown&) {
    return std::nullopt;
  }
}

}  // namespace qbench
