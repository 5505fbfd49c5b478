#include "tests/engine/backends/opencv_evaluator.h"

#include <limits>
#include <opencv2/core/version.hpp>
#include <opencv2/dnn.hpp>

namespace qbench {
namespace {

using cv::dnn::LayerParams;

struct Unknown {};  // thrown for what is not here

// 4.6 is right about depthwise layers on images one pixel wide; 4.10 reads beside them.
constexpr bool kKnowsColumns = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR <= 6;

cv::Mat mat_of(const Shape& shape, const void* data) {
  const std::vector<int> sizes(shape.dims().begin(), shape.dims().end());
  return cv::Mat(sizes, CV_32F, const_cast<void*>(data)).clone();
}

// One layer on its own.
cv::Mat run_layer(LayerParams params, const std::string& type, const std::vector<cv::Mat>& inputs) {
  params.name = "layer";
  params.type = type;
  cv::dnn::Net net;
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  const int id = net.addLayer(params.name, params.type, params);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs.size(); ++i) names.push_back("in" + std::to_string(i));
  net.setInputsNames(names);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    net.connect(0, static_cast<int>(i), id, static_cast<int>(i));
    net.setInput(inputs[i], names[i]);
  }
  return net.forward().clone();
}

cv::Mat activated(const ActivationSpec& spec, const cv::Mat& x) {
  LayerParams params;
  switch (spec.kind) {
    case ActivationKind::none:
      return x;
    case ActivationKind::relu:
      return run_layer(params, "ReLU", {x});
    case ActivationKind::clip:
      params.set("min_value", spec.alpha);
      params.set("max_value", spec.beta);
      return run_layer(params, "ReLU6", {x});
    case ActivationKind::leaky:
      params.set("negative_slope", spec.alpha);
      return run_layer(params, "ReLU", {x});
    case ActivationKind::sigmoid:
      return run_layer(params, "Sigmoid", {x});
    case ActivationKind::tanh:
      return run_layer(params, "TanH", {x});
  }
  return x;
}

void set_window(LayerParams& params, Extent2d kernel, Extent2d stride, const Padding2d& padding) {
  const auto set = [&](const char* name, std::int64_t value) {
    params.set(name, static_cast<int>(value));
  };
  set("kernel_h", kernel.h), set("kernel_w", kernel.w);
  set("stride_h", stride.h), set("stride_w", stride.w);
  set("pad_t", padding.top), set("pad_l", padding.left);
  set("pad_b", padding.bottom), set("pad_r", padding.right);
}

class Evaluator {
 public:
  Evaluator(const Graph& graph, const Values& inputs) : graph_(graph) {
    std::size_t next_input = 0;
    for (const Node& node : graph.nodes()) {
      if (node.type.dtype != DType::f32) throw Unknown{};
      node_ = &node;
      if (std::holds_alternative<Input>(node.op)) {
        values_.push_back(mat_of(node.type.shape, inputs.at(next_input++).data()));
      } else {
        values_.push_back(std::visit([&](const auto& op) { return compute(op); }, node.op));
      }
    }
  }

  Values outputs() const {
    Values outputs;
    for (NodeId id : graph_.outputs()) {
      const cv::Mat flat = values_[static_cast<std::size_t>(id)].reshape(1, 1);
      outputs.emplace_back(flat.begin<float>(), flat.end<float>());
    }
    return outputs;
  }

 private:
  cv::Mat in(std::size_t i) const { return values_[static_cast<std::size_t>(node_->inputs.at(i))]; }
  const Shape& shape_of(std::size_t i) const { return graph_[node_->inputs.at(i)].type.shape; }

  cv::Mat compute(const auto&) const { throw Unknown{}; }

  cv::Mat compute(const Constant& op) const {
    return mat_of(op.value->shape(), op.value->data<float>().data());
  }

  cv::Mat compute(const Convolution& op) const {
    const Padding2d& pad = op.padding;
    if (pad.top != pad.bottom || pad.left != pad.right) throw Unknown{};
    if (!kKnowsColumns && op.groups == shape_of(0)[1] && shape_of(0)[3] == 1) throw Unknown{};
    LayerParams params;
    const Shape& weight = shape_of(1);
    set_window(params, {weight[2], weight[3]}, op.stride, op.padding);
    params.set("dilation_h", static_cast<int>(op.dilation.h));
    params.set("dilation_w", static_cast<int>(op.dilation.w));
    params.set("group", static_cast<int>(op.groups));
    params.set("num_output", static_cast<int>(weight[0]));
    params.set("bias_term", op.has_bias);
    params.blobs = {in(1)};
    if (op.has_bias) params.blobs.push_back(in(2));
    cv::Mat y = run_layer(params, "Convolution", {in(0)});
    if (op.has_residual) y = y + in(node_->inputs.size() - 1);
    return activated(op.activation, y);
  }

  cv::Mat compute(const FullyConnected& op) const {
    LayerParams params;
    params.set("num_output", static_cast<int>(shape_of(1)[0]));
    params.set("bias_term", op.has_bias);
    params.blobs = {in(1)};
    if (op.has_bias) params.blobs.push_back(in(2));
    return activated(op.activation, run_layer(params, "InnerProduct", {in(0)}));
  }

  cv::Mat compute(const BatchNorm& op) const {
    LayerParams params;
    params.set("eps", op.epsilon);
    params.set("has_weight", !op.fix_gamma);
    params.set("has_bias", true);
    params.blobs = {in(3), in(4)};
    if (!op.fix_gamma) params.blobs.push_back(in(1));
    params.blobs.push_back(in(2));
    return run_layer(params, "BatchNorm", {in(0)});
  }

  cv::Mat compute(const Activation& op) const { return activated(op.spec, in(0)); }

  cv::Mat compute(const PRelu&) const {
    LayerParams params;
    params.blobs = {shape_of(1) == Shape{1}
                        ? cv::Mat(static_cast<int>(shape_of(0)[1]), 1, CV_32F, in(1).at<float>(0))
                        : in(1)};
    return run_layer(params, "PReLU", {in(0)});
  }

  cv::Mat compute(const Pool& op) const {
    LayerParams params;
    params.set("pool", op.kind == PoolKind::max ? "max" : "ave");
    if (op.global) {
      params.set("global_pooling", true);
    } else {
      set_window(params, op.kernel, op.stride, op.padding);
    }
    params.set("ceil_mode", op.ceil_mode);
    params.set("ave_pool_padded_area", op.count_include_pad);
    return run_layer(params, "Pooling", {in(0)});
  }

  cv::Mat compute(const Add& op) const {
    if (shape_of(0) != shape_of(1)) throw Unknown{};
    LayerParams params;
    params.set("operation", "sum");
    return activated(op.activation, run_layer(params, "Eltwise", {in(0), in(1)}));
  }

  cv::Mat compute(const Softmax& op) const {
    LayerParams params;
    params.set("axis", static_cast<int>(op.axis));
    return run_layer(params, "Softmax", {in(0)});
  }

  cv::Mat compute(const Lrn& op) const {
    LayerParams params;
    params.set("local_size", static_cast<int>(op.size));
    params.set("alpha", op.alpha);
    params.set("beta", op.beta);
    params.set("bias", op.bias);
    return run_layer(params, "LRN", {in(0)});
  }

  // The module norms over axis 1: the others are brought there.
  cv::Mat compute(const L2Normalize& op) const {
    LayerParams params;
    params.set("eps", op.epsilon);
    params.set("across_spatial", false);
    params.blobs = {cv::Mat(1, 1, CV_32F, 1.0F)};
    params.set("channel_shared", true);
    const Shape& shape = shape_of(0);
    const auto n = static_cast<int>(shape[0]);
    const auto c = static_cast<int>(shape[1]);
    const auto positions = static_cast<int>(shape.elements(2));
    cv::Mat x = in(0);
    if (op.mode == L2Mode::spatial) x = x.reshape(1, std::vector<int>{n * c, positions, 1, 1});
    if (op.mode == L2Mode::instance) x = x.reshape(1, std::vector<int>{n, c * positions, 1, 1});
    return run_layer(params, "Normalize", {x});
  }

  const Graph& graph_;
  const Node* node_ = nullptr;  // being computed
  std::vector<cv::Mat> values_;
};

}  // namespace

std::optional<Values> evaluate_in_opencv(const Graph& graph, const Values& inputs) {
  cv::setNumThreads(1);
  try {
    return Evaluator(graph, inputs).outputs();
  } catch (const Unknown&) {
    return std::nullopt;
  }
}

}  // namespace qbench
