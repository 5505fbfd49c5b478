// Type inference: one rule per operator.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/core/error.h"
#include "engine/graph/graph.h"
#include "engine/graph/type_checks.h"

namespace qbench {
namespace {

using namespace type_checks;

std::int64_t window_output(std::int64_t in, std::int64_t pad, std::int64_t window,
                           std::int64_t stride, bool round_up) {
  const std::int64_t room = in + pad - window;
  expect(room >= 0, fmt::format("window of {} does not fit {} padded by {}", window, in, pad));
  return (room + (round_up ? stride - 1 : 0)) / stride + 1;
}

struct Rules {
  Types in;
  const Wanted& wanted;

  TensorType operator()(const Input& op) const {
    expect_inputs(in, 0);
    expect(op.shape.rank() > 0 && op.shape.elements() > 0,
           "shape " + to_string(op.shape) + " of an input, expected positive dimensions");
    return result(op.shape, std::nullopt);
  }

  TensorType operator()(const Constant& op) const {
    expect_inputs(in, 0);
    expect(op.value != nullptr, "constant without a value");
    TensorType type{op.value->dtype(), op.value->shape(), std::nullopt};
    if (wanted) {
      expect(wanted->dtype == type.dtype,
             "quantization of another element type than the constant's");
      check_scales(wanted->params, type.shape);
      type.quant = wanted->params;
    }
    return type;
  }

  TensorType operator()(const Convolution& op) const {
    expect_inputs(in, 2U + op.has_bias + op.has_residual);
    expect_limits(op.activation);
    const TensorType& data = in[0];
    const TensorType& weight = in[1];
    expect_rank(data, 4, "data");
    expect_rank(weight, 4, "weight");
    check_precision(data, weight, wanted);
    expect_positive(op.stride, "stride");
    expect_positive(op.dilation, "dilation");
    expect_padding(op.padding);
    const std::int64_t channels = data.shape[1];
    const std::int64_t outputs = weight.shape[0];
    expect(op.groups > 0 && channels % op.groups == 0 && outputs % op.groups == 0,
           fmt::format("{} groups do not divide {} input and {} output channels", op.groups,
                       channels, outputs));
    expect(weight.shape[1] == channels / op.groups,
           fmt::format("weight {} for {} input channels in {} groups, expected {} per group",
                       to_string(weight.shape), channels, op.groups, channels / op.groups));
    expect_positive({weight.shape[2], weight.shape[3]}, "kernel");
    expect(weight.shape.elements() > 0, "weight " + to_string(weight.shape) + " is empty");
    const std::int64_t window_h = op.dilation.h * (weight.shape[2] - 1) + 1;
    const std::int64_t window_w = op.dilation.w * (weight.shape[3] - 1) + 1;
    Shape shape{data.shape[0], outputs,
                window_output(data.shape[2], op.padding.top + op.padding.bottom, window_h,
                              op.stride.h, false),
                window_output(data.shape[3], op.padding.left + op.padding.right, window_w,
                              op.stride.w, false)};
    if (op.has_bias) expect_vector(in[2], outputs, "bias");
    if (op.has_residual) {
      const TensorType& residual = in.back();
      expect(residual.shape == shape,
             fmt::format("residual {} added to {}", to_string(residual.shape), to_string(shape)));
      expect(is_quantized(residual) == wanted.has_value(),
             "residual and result must both be f32 or both quantized");
      expect(!is_quantized(residual) || !residual.quant->dynamic, "a residual cannot be dynamic");
    }
    return result(std::move(shape), wanted);
  }

  TensorType operator()(const FullyConnected& op) const {
    expect_inputs(in, 2U + op.has_bias);
    expect_limits(op.activation);
    expect(in[0].shape.rank() >= 1, "data has no batch dimension");
    expect_rank(in[1], 2, "weight");
    check_precision(in[0], in[1], wanted);
    const std::int64_t features = in[0].shape.elements(1);
    expect(in[1].shape[1] == features,
           fmt::format("weight {} for {} features", to_string(in[1].shape), features));
    expect(in[1].shape.elements() > 0, "weight " + to_string(in[1].shape) + " is empty");
    if (op.has_bias) expect_vector(in[2], in[1].shape[0], "bias");
    return result({in[0].shape[0], in[1].shape[0]}, wanted);
  }

  TensorType operator()(const BatchNorm& op) const {
    expect_inputs(in, 5);
    expect(in[0].shape.rank() >= 2, "data " + to_string(in[0].shape) + " has no channels");
    expect(op.epsilon >= 0, "epsilon is negative");
    for (std::size_t i = 1; i < 5; ++i)
      expect_vector(in[i], in[0].shape[1], "parameter " + std::to_string(i));
    return real_only(in[0], wanted);
  }

  TensorType operator()(const Activation& op) const {
    expect_inputs(in, 1);
    expect_limits(op.spec);
    return like(in[0], in[0].shape, wanted);
  }

  TensorType operator()(const PRelu&) const {
    expect_inputs(in, 2);
    expect(in[0].shape.rank() >= 2, "data " + to_string(in[0].shape) + " has no channels");
    expect_vector(in[1], in[1].shape == Shape{1} ? 1 : in[0].shape[1], "slope");
    return real_only(in[0], wanted);
  }

  TensorType operator()(const Pool& op) const {
    expect_inputs(in, 1);
    expect_rank(in[0], 4, "data");
    Shape shape = in[0].shape;
    if (op.global) {
      shape[2] = shape[3] = 1;
      return like(in[0], std::move(shape), wanted);
    }
    expect_positive(op.kernel, "kernel");
    expect_positive(op.stride, "stride");
    expect_padding(op.padding);
    const auto [top, left, bottom, right] = op.padding;
    expect(std::max(top, bottom) < op.kernel.h && std::max(left, right) < op.kernel.w,
           "padding is as large as the pooling window");
    shape[2] = window_output(shape[2], top + bottom, op.kernel.h, op.stride.h, op.ceil_mode);
    shape[3] = window_output(shape[3], left + right, op.kernel.w, op.stride.w, op.ceil_mode);
    // Rounding up may start a window behind the last real row or column: there is nothing in it.
    const bool empty_window = (shape[2] - 1) * op.stride.h >= in[0].shape[2] + top ||
                              (shape[3] - 1) * op.stride.w >= in[0].shape[3] + left;
    expect(!empty_window, "a pooling window holds nothing but padding");
    return like(in[0], std::move(shape), wanted);
  }

  TensorType operator()(const Flatten&) const {
    expect_inputs(in, 1);
    expect(in[0].shape.rank() >= 1, "data has no batch dimension");
    return like(in[0], {in[0].shape[0], in[0].shape.elements(1)}, wanted);
  }

  TensorType operator()(const Reshape& op) const {
    expect_inputs(in, 1);
    const Shape& from = in[0].shape;
    std::vector<std::int64_t> dims = op.dims;
    std::int64_t known = 1;
    auto inferred = dims.end();
    for (auto dim = dims.begin(); dim != dims.end(); ++dim) {
      const auto axis = static_cast<std::size_t>(dim - dims.begin());
      if (*dim == 0) {
        expect(axis < from.rank(),
               fmt::format("dimension {} to copy from {}", axis, to_string(from)));
        *dim = from[axis];
      }
      if (*dim == -1) {
        expect(inferred == dims.end(), "more than one dimension to infer");
        inferred = dim;
        continue;
      }
      expect(*dim > 0 && known <= kLargestExtent * kLargestExtent / *dim,
             fmt::format("dimension {}", *dim));
      known *= *dim;
    }
    if (inferred != dims.end()) *inferred = from.elements() / known;
    Shape shape{dims};
    expect(shape.elements() == from.elements(),
           fmt::format("{} does not reshape to {}", to_string(from), to_string(Shape(op.dims))));
    return like(in[0], std::move(shape), wanted);
  }

  TensorType operator()(const Transpose& op) const {
    expect_inputs(in, 1);
    const Shape& from = in[0].shape;
    std::vector<std::int64_t> sorted = op.permutation;
    std::ranges::sort(sorted);
    std::vector<std::int64_t> axes(from.rank());
    std::iota(axes.begin(), axes.end(), 0);
    expect(sorted == axes, fmt::format("{} is no permutation of the axes of {}",
                                       to_string(Shape(op.permutation)), to_string(from)));
    std::vector<std::int64_t> dims;
    dims.reserve(axes.size());
    for (std::int64_t axis : op.permutation) dims.push_back(from[static_cast<std::size_t>(axis)]);
    return like(in[0], Shape(dims), wanted);
  }

  TensorType operator()(const Concat& op) const {
    expect(!in.empty(), "no inputs");
    Shape shape = in[0].shape;
    const std::size_t axis = checked_axis(op.axis, shape.rank());
    for (const TensorType& part : in.subspan(1)) {
      expect(part.shape.rank() == shape.rank(), "inputs of different rank");
      Shape rest = part.shape;
      rest[axis] = shape[axis];
      expect(rest == shape, fmt::format("{} joined to {} along axis {}", to_string(part.shape),
                                        to_string(shape), axis));
      shape[axis] += part.shape[axis];
    }
    for (const TensorType& part : in) {
      expect(is_quantized(part) == is_quantized(in[0]), "f32 joined to quantized values");
      expect(!is_quantized(part) || !part.quant->dynamic, "dynamic values cannot be joined");
      const bool same = part.dtype == in[0].dtype && part.quant == in[0].quant;
      expect(same || wanted.has_value(), "inputs of different scale need a scale for the result");
    }
    return like(in[0], std::move(shape), wanted);
  }

  TensorType broadcast() const {
    expect_inputs(in, 2);
    const Shape& a = in[0].shape;
    const Shape& b = in[1].shape;
    const std::size_t rank = std::max(a.rank(), b.rank());
    std::vector<std::int64_t> dims(rank);
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t da = i < rank - a.rank() ? 1 : a[i - (rank - a.rank())];
      const std::int64_t db = i < rank - b.rank() ? 1 : b[i - (rank - b.rank())];
      expect(da == db || da == 1 || db == 1,
             fmt::format("{} and {} do not broadcast", to_string(a), to_string(b)));
      dims[i] = da == 1 ? db : da;
    }
    return {DType::f32, Shape(dims), std::nullopt};
  }

  TensorType operator()(const Add& op) const {
    expect_limits(op.activation);
    Shape shape = broadcast().shape;
    expect(is_quantized(in[0]) == is_quantized(in[1]), "f32 added to quantized values");
    if (is_quantized(in[0])) {
      expect(in[0].shape == in[1].shape, "quantized values of different shape added");
      expect(!in[0].quant->dynamic && !in[1].quant->dynamic, "dynamic values cannot be added");
      return result(std::move(shape), wanted);
    }
    expect_real(in[0], "input 0");
    expect_real(in[1], "input 1");
    expect(!wanted.has_value(), "a quantized result needs quantized inputs");
    return result(std::move(shape), std::nullopt);
  }

  TensorType operator()(const Multiply&) const {
    Shape shape = broadcast().shape;
    expect_real(in[0], "input 0");
    expect_real(in[1], "input 1");
    expect(!wanted.has_value(), "this operator delivers f32 only");
    return result(std::move(shape), std::nullopt);
  }

  TensorType operator()(const Softmax& op) const {
    expect_inputs(in, 1);
    checked_axis(op.axis, in[0].shape.rank());
    return real_only(in[0], wanted);
  }

  TensorType operator()(const Dropout&) const {
    expect_inputs(in, 1);
    return like(in[0], in[0].shape, wanted);
  }
  TensorType operator()(const Identity&) const {
    expect_inputs(in, 1);
    return like(in[0], in[0].shape, wanted);
  }

  TensorType operator()(const L2Normalize&) const {
    expect_inputs(in, 1);
    expect_rank(in[0], 4, "data");
    return real_only(in[0], wanted);
  }

  TensorType operator()(const Lrn& op) const {
    expect_inputs(in, 1);
    expect_rank(in[0], 4, "data");
    expect(op.size > 0 && op.size % 2 == 1 && op.size <= kLargestExtent,
           fmt::format("size {}, expected odd, positive and at most {}", op.size, kLargestExtent));
    return real_only(in[0], wanted);
  }

  TensorType operator()(const Pad& op) const {
    expect_inputs(in, 1);
    expect_rank(in[0], 4, "data");
    expect_padding(op.padding);
    Shape shape = in[0].shape;
    shape[2] += op.padding.top + op.padding.bottom;
    shape[3] += op.padding.left + op.padding.right;
    return like(in[0], std::move(shape), wanted);
  }

  TensorType operator()(const MultiBoxPrior& op) const {
    expect_inputs(in, 1);
    expect_rank(in[0], 4, "data");
    expect(!wanted.has_value(), "this operator delivers f32 only");
    expect(!op.sizes.empty() && !op.ratios.empty(), "no sizes or no ratios");
    for (float size : op.sizes) expect(size > 0, fmt::format("size {}, expected positive", size));
    for (float ratio : op.ratios) {
      expect(ratio > 0, fmt::format("ratio {}, expected positive", ratio));
    }
    const auto boxes = static_cast<std::int64_t>(op.sizes.size() + op.ratios.size() - 1);
    return {DType::f32, Shape{1, in[0].shape[2] * in[0].shape[3] * boxes, 4}, std::nullopt};
  }

  TensorType operator()(const MultiBoxDetection& op) const {
    expect_inputs(in, 3);
    for (std::size_t i = 0; i < in.size(); ++i) expect_real(in[i], fmt::format("input {}", i));
    expect(!wanted.has_value(), "this operator delivers f32 only");
    expect_rank(in[0], 3, "class scores");
    const std::int64_t images = in[0].shape[0];
    const std::int64_t anchors = in[0].shape[2];
    expect(in[0].shape[1] >= 2, "class scores of the background alone");
    const auto expect_shape = [](const TensorType& type, bool good, std::string_view what) {
      expect(good, fmt::format("{} of shape {}", what, to_string(type.shape)));
    };
    expect_shape(
        in[1],
        in[1].shape == Shape{images, anchors * 4} || in[1].shape == Shape{images, anchors, 4},
        fmt::format("box offsets for {} anchors", anchors));
    expect_shape(in[2], in[2].shape == Shape{1, anchors, 4},
                 fmt::format("anchors for {} scores", anchors));
    expect(op.variances.size() == 4, fmt::format("{} variances, expected 4", op.variances.size()));
    return {DType::f32, Shape{images, anchors, 6}, std::nullopt};
  }

  TensorType operator()(const Quantize&) const {
    expect_inputs(in, 1);
    expect_real(in[0], "data");
    expect(wanted.has_value(), "no scale to quantize to");
    return result(in[0].shape, wanted);
  }

  TensorType operator()(const Dequantize&) const {
    expect_inputs(in, 1);
    expect(is_quantized(in[0]),
           fmt::format("data is {}, expected quantized values", to_string(in[0].dtype)));
    expect(!wanted.has_value(), "this operator delivers f32 only");
    return result(in[0].shape, std::nullopt);
  }
};

}  // namespace

TensorType infer_type(const Op& op, std::span<const TensorType> inputs,
                      const std::optional<Graph::Quantization>& quantization) {
  TensorType type = std::visit(Rules{inputs, quantization}, op);
  // Throws when larger than a tensor may be. Backends rely on there being something to compute.
  expect(type.shape.elements() > 0,
         fmt::format("a value of shape {} has no elements", to_string(type.shape)));
  return type;
}

}  // namespace qbench
