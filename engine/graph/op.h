// The operators of the graph: plain structs in a std::variant. Activations are [N,C,H,W], weights
// [O, I/groups, kH, kW], per-channel vectors [C]. Every operator has exactly one output.
//
// Each struct lists its attributes once, in `visit`; text form, equality and hashing follow from
// it. To add an operator: a struct here, its line in `Op`, a shape rule in infer.cc; then the
// compiler names every switch that misses it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/tensor.h"

namespace qbench {

struct Extent2d {  // height, width
  std::int64_t h = 1;
  std::int64_t w = 1;
  bool operator==(const Extent2d&) const = default;
};

struct Padding2d {  // rows and columns added on each side
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t bottom = 0;
  std::int64_t right = 0;
  bool operator==(const Padding2d&) const = default;
};

enum class ActivationKind : std::uint8_t {
  none,
  relu,     // max(x, 0)
  clip,     // min(max(x, alpha), beta); relu6 is clip 0..6
  leaky,    // x < 0 ? alpha * x : x
  sigmoid,  // 1 / (1 + exp(-x))
  tanh,
};

// An activation function on its own (op Activation) or fused into the end of another operator.
struct ActivationSpec {
  ActivationKind kind = ActivationKind::none;
  float alpha = 0;
  float beta = 0;
  bool operator==(const ActivationSpec&) const = default;
};

// Whether no result is negative, whatever the input.
inline bool gives_no_negatives(const ActivationSpec& spec) {
  return spec.kind == ActivationKind::relu || spec.kind == ActivationKind::sigmoid ||
         (spec.kind == ActivationKind::clip && spec.alpha >= 0);
}

// Fed by the caller. Not quantized: f32.
struct Input {
  Shape shape;
  void visit(auto&& f) { f("shape", shape); }
};

// A parameter. Its type's QuantParams say what s8 values mean (weights: per channel, axis 0).
struct Constant {
  std::shared_ptr<const Tensor> value;
  void visit(auto&&) {}
};

// Inputs: data, weight, [bias], [residual of the output's shape].
// out = activation(conv(data, weight) + bias + residual). Cross-correlation; bias is f32 [O] in
// real units, also when data and weight are quantized.
struct Convolution {
  Extent2d stride;
  Extent2d dilation;
  Padding2d padding;
  std::int64_t groups = 1;
  bool has_bias = false;
  bool has_residual = false;
  ActivationSpec activation;
  void visit(auto&& f) {
    f("stride", stride), f("dilation", dilation), f("padding", padding), f("groups", groups);
    f("has_bias", has_bias), f("has_residual", has_residual), f("activation", activation);
  }
};

// Inputs: data [N, ...], weight [O, I], [bias]. Data is taken as [N, I], I the product of the rest.
struct FullyConnected {
  bool has_bias = false;
  ActivationSpec activation;
  void visit(auto&& f) { f("has_bias", has_bias), f("activation", activation); }
};

// Inputs: data, gamma, beta, mean, variance, each [C]. With fix_gamma gamma counts as 1.
struct BatchNorm {
  float epsilon = 1e-3F;
  bool fix_gamma = false;
  void visit(auto&& f) { f("epsilon", epsilon), f("fix_gamma", fix_gamma); }
};

struct Activation {
  ActivationSpec spec;
  void visit(auto&& f) { f("spec", spec); }
};

// Inputs: data, slope [C] or [1]. x < 0 ? slope[c] * x : x
struct PRelu {
  void visit(auto&&) {}
};

enum class PoolKind : std::uint8_t { max, average };

// Max pads with -infinity. Average divides by the window clipped to the padded input when
// count_include_pad, else by the number of real elements in it. `global` ignores the window.
struct Pool {
  PoolKind kind = PoolKind::max;
  bool global = false;
  Extent2d kernel;
  Extent2d stride;
  Padding2d padding;
  bool ceil_mode = false;  // MXNet's "full": round the output size up
  bool count_include_pad = true;
  void visit(auto&& f) {
    f("kind", kind), f("global", global), f("kernel", kernel), f("stride", stride);
    f("padding", padding), f("ceil_mode", ceil_mode), f("count_include_pad", count_include_pad);
  }
};

// [N, ...] -> [N, product of the rest]
struct Flatten {
  void visit(auto&&) {}
};

// 0 copies the input's dimension at the same axis, -1 is inferred.
struct Reshape {
  std::vector<std::int64_t> dims;
  void visit(auto&& f) { f("dims", dims); }
};

struct Transpose {
  std::vector<std::int64_t> permutation;  // output axis i is input axis permutation[i]
  void visit(auto&& f) { f("permutation", permutation); }
};

// Two or more inputs.
struct Concat {
  std::int64_t axis = 1;
  void visit(auto&& f) { f("axis", axis); }
};

// Two inputs, broadcast as numpy does; then the activation.
struct Add {
  ActivationSpec activation;
  void visit(auto&& f) { f("activation", activation); }
};
struct Multiply {
  void visit(auto&&) {}
};

struct Softmax {
  std::int64_t axis = 1;
  void visit(auto&& f) { f("axis", axis); }
};

// Identity at inference; kept until the passes remove it, so that import loses nothing.
struct Dropout {
  void visit(auto&&) {}
};
struct Identity {
  void visit(auto&&) {}
};

enum class L2Mode : std::uint8_t { channel, spatial, instance };

// x / sqrt(sum of x^2 over the mode's axes + epsilon): channel over C, spatial over H and W,
// instance over C, H and W.
struct L2Normalize {
  L2Mode mode = L2Mode::channel;
  float epsilon = 1e-10F;
  void visit(auto&& f) { f("mode", mode), f("epsilon", epsilon); }
};

// Across channels: x / (bias + alpha / size * sum of x^2 over `size` channels around)^beta
struct Lrn {
  std::int64_t size = 5;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float bias = 2;
  void visit(auto&& f) { f("size", size), f("alpha", alpha), f("beta", beta), f("bias", bias); }
};

// Constant padding of H and W.
struct Pad {
  Padding2d padding;
  float value = 0;
  void visit(auto&& f) { f("padding", padding), f("value", value); }
};

// The default boxes of one feature map [N,C,H,W]: [1, H * W * (sizes + ratios - 1), 4], rows xmin,
// ymin, xmax, ymax as fractions of the image. Depends on the data's shape alone. At each position,
// row by row: every size with the first ratio, then the first size with every further ratio. (Liu
// et al., SSD, section 2.2; widths corrected by H / W as MXNet has it.)
struct MultiBoxPrior {
  std::vector<float> sizes{1};
  std::vector<float> ratios{1};
  float step_y = -1;  // between centres; not positive: 1 / H, 1 / W
  float step_x = -1;
  float offset_y = 0.5F;  // of the first centre, in steps
  float offset_x = 0.5F;
  bool clip = false;  // to 0..1
  void visit(auto&& f) {
    f("sizes", sizes), f("ratios", ratios), f("step_y", step_y), f("step_x", step_x);
    f("offset_y", offset_y), f("offset_x", offset_x), f("clip", clip);
  }
};

// Inputs: class scores [N,C,A] (class 0: background), box offsets [N,4*A] or [N,A,4], anchors
// [1,A,4]. Out: [N,A,6], rows class (0: the first after the background), score, xmin, ymin, xmax,
// ymax, by falling score; unused rows are -1 throughout, suppressed ones have class -1.
// An anchor's class is its best one if it scores `threshold` or more (MXNet: first among equals).
// The `top_k` best (all, where not positive) survive; then a box goes that overlaps a better one of
// its class (of any class with force_suppress) by an IoU of nms_threshold or more.
struct MultiBoxDetection {
  bool clip = true;  // boxes to 0..1
  float threshold = 0.01F;
  float nms_threshold = 0.5F;
  bool force_suppress = false;
  std::int64_t top_k = -1;
  std::vector<float> variances{0.1F, 0.1F, 0.2F, 0.2F};  // of offsets x, y, w, h
  void visit(auto&& f) {
    f("clip", clip), f("threshold", threshold), f("nms_threshold", nms_threshold);
    f("force_suppress", force_suppress), f("top_k", top_k), f("variances", variances);
  }
};

// f32 -> s8/u8 by the output's QuantParams (which may be dynamic), and back to f32.
struct Quantize {
  void visit(auto&&) {}
};
struct Dequantize {
  void visit(auto&&) {}
};

using Op =
    std::variant<Input, Constant, Convolution, FullyConnected, BatchNorm, Activation, PRelu, Pool,
                 Flatten, Reshape, Transpose, Concat, Add, Multiply, Softmax, Dropout, Identity,
                 L2Normalize, Lrn, Pad, MultiBoxPrior, MultiBoxDetection, Quantize, Dequantize>;

std::string_view op_name(const Op& op);  // "Convolution"

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang before 17 does not deduce it

}  // namespace qbench
