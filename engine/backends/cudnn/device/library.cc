#include "engine/backends/cudnn/device/library.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/backends/cudnn/device/check.h"

namespace qbench::cudnn {
namespace {

cudnnDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return CUDNN_DATA_HALF;
    case DType::s8:
      return CUDNN_DATA_INT8;
    case DType::s32:
      return CUDNN_DATA_INT32;
    default:
      return CUDNN_DATA_FLOAT;
  }
}

cudnnPointwiseMode_t mode_of(PointwiseMode mode) {
  switch (mode) {
    case PointwiseMode::identity:
      return CUDNN_POINTWISE_IDENTITY;
    case PointwiseMode::add:
      return CUDNN_POINTWISE_ADD;
    case PointwiseMode::multiply:
      return CUDNN_POINTWISE_MUL;
    case PointwiseMode::min:
      return CUDNN_POINTWISE_MIN;
    case PointwiseMode::max:
      return CUDNN_POINTWISE_MAX;
    case PointwiseMode::relu:
      return CUDNN_POINTWISE_RELU_FWD;
    case PointwiseMode::sigmoid:
      return CUDNN_POINTWISE_SIGMOID_FWD;
    case PointwiseMode::tanh:
      return CUDNN_POINTWISE_TANH_FWD;
  }
  return CUDNN_POINTWISE_IDENTITY;
}

Descriptor make_tensor(const GraphTensor& tensor) {
  constexpr std::int64_t kAlignment = 16;  // bytes; every value of a plan begins so
  Descriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, tensor.id);
  made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(tensor.dtype));
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::span<const std::int64_t>(tensor.dims));
  made.set(CUDNN_ATTR_TENSOR_STRIDES, std::span<const std::int64_t>(tensor.strides));
  made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
  made.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, tensor.is_virtual);
  made.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, tensor.value.has_value());
  made.finalize();
  return made;
}

Descriptor make_convolution(const OperationGraph& graph) {
  const ConvolutionGeometry& g = graph.geometry;
  const auto pair = [](const Extent2d& extent) {
    return std::array<std::int64_t, 2>{extent.h, extent.w};
  };
  Descriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  made.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, data_type(graph.sum_dtype));
  made.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  made.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, pair(g.padding));
  made.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, pair(g.padding));
  made.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, pair(g.dilation));
  made.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, pair(g.stride));
  made.finalize();
  return made;
}

Descriptor make_function(const PointwiseNode& node) {
  Descriptor made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  made.set(CUDNN_ATTR_POINTWISE_MODE, mode_of(node.mode));
  made.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  if (node.mode == PointwiseMode::relu && node.slope != 0)
    made.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, static_cast<double>(node.slope));
  if (node.upper) made.set(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, static_cast<double>(*node.upper));
  made.finalize();
  return made;
}

bool has(const auto& notes, auto note) { return std::ranges::find(notes, note) != notes.end(); }

KernelNotes notes_of(const Descriptor& engine) {
  const auto numerical = engine.get_numerical_notes();
  const auto behavior = engine.get_behavior_notes();
  return {.tensor_core = has(numerical, CUDNN_NUMERICAL_NOTE_TENSOR_CORE),
          .transforms = has(numerical, CUDNN_NUMERICAL_NOTE_WINOGRAD) ||
                        has(numerical, CUDNN_NUMERICAL_NOTE_FFT),
          .reduced_precision = has(numerical, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) ||
                               has(numerical, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION),
          .nondeterministic = has(numerical, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC),
          .reorders_weights = has(behavior, CUDNN_BEHAVIOR_NOTE_REQUIRES_FILTER_INT8x32_REORDER) ||
                              has(behavior, CUDNN_BEHAVIOR_NOTE_REQUIRES_BIAS_INT8x32_REORDER),
          .compiled_at_run_time = has(behavior, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)};
}

Proposal proposal_of(const Descriptor& config) {
  const Descriptor engine =
      config.get_descriptor(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  Proposal proposal{.choice = {.engine = engine.get_int(CUDNN_ATTR_ENGINE_GLOBAL_INDEX)},
                    .notes = notes_of(engine)};
  for (const Descriptor& knob :
       config.get_descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                              CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
    proposal.choice.knobs.emplace_back(knob.get_knob_type(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                                       knob.get_int(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  return proposal;
}

Descriptor make_engine(const LibraryGraph& graph, std::int64_t number) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.descriptor());
  engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, number);
  graph.target().set_on_engine(engine);
  engine.finalize();
  return engine;
}

bool is_taken(const LibraryGraph& graph, const EngineChoice& choice) {
  try {
    const LibraryConfig config(graph, choice);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<Descriptor> make_knobs(const EngineChoice& choice) {
  std::vector<Descriptor> made;
  for (const auto& [type, value] : choice.knobs) {
    Descriptor& knob = made.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(type));
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    knob.finalize();
  }
  return made;
}

}  // namespace

Target::Target(const Stream& stream) {
  cudnnHandle_t handle = nullptr;
  check(cudnnCreate(&handle), "could not start");
  handle_.reset(handle);
  check(cudnnSetStream(handle, stream.get()), "did not take a stream");
}

Target Target::described(const std::string& json) {
#if CUDNN_VERSION >= 90800
  Target target;
  target.properties_.emplace(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  target.properties_->set_text(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, json);
  target.properties_->finalize();
  return target;
#else
  throw Error("this cuDNN takes no description of a device: " + json, ErrorKind::unsupported);
#endif
}

void Target::set_on_graph(Descriptor& graph) const {
  if (handle_ != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_.get());
}

void Target::set_on_heuristics([[maybe_unused]] Descriptor& heuristics) const {
#if CUDNN_VERSION >= 90800
  if (properties_) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *properties_);
#endif
}

void Target::set_on_engine([[maybe_unused]] Descriptor& engine) const {
#if CUDNN_VERSION >= 90800
  if (properties_) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, *properties_);
#endif
}

void Target::set_on_plan(Descriptor& plan) const {
  if (handle_ != nullptr) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_.get());
#if CUDNN_VERSION >= 90800
  if (properties_) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *properties_);
#endif
}

LibraryGraph::LibraryGraph(const OperationGraph& graph, const Target& target)
    : graph_(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR), target_(&target) {
  parts_.reserve(graph.tensors.size() + 1 + graph.pointwise.size());
  for (const GraphTensor& tensor : graph.tensors) parts_.push_back(make_tensor(tensor));
  const auto tensor = [&](std::int64_t id) -> const Descriptor& {
    return parts_[static_cast<std::size_t>(id - 1)];
  };
  std::vector<Descriptor> operations;
  parts_.push_back(make_convolution(graph));
  Descriptor& sum = operations.emplace_back(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, parts_.back());
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, tensor(graph.data));
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, tensor(graph.weight));
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, tensor(graph.sums));
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0F);
  sum.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0F);
  sum.finalize();
  for (const PointwiseNode& node : graph.pointwise) {
    parts_.push_back(make_function(node));
    Descriptor& operation = operations.emplace_back(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, parts_.back());
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(node.x));
    if (node.b != 0) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor(node.b));
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(node.y));
    operation.finalize();
  }
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  target.set_on_graph(graph_);
  graph_.finalize();
  std::ranges::move(operations, std::back_inserter(parts_));
}

std::vector<Proposal> LibraryGraph::proposals(cudnnBackendHeurMode_t mode) const {
  std::vector<Proposal> found;
  try {
    Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph_);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    target_->set_on_heuristics(heuristics);
    heuristics.finalize();
    const std::int64_t count = heuristics.count_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS);
    for (const Descriptor& config : heuristics.get_descriptors(
             CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, count))
      found.push_back(proposal_of(config));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unsupported) throw;
  }
  return found;
}

std::vector<EngineChoice> LibraryGraph::settings(std::int64_t engine) const {
  std::vector<EngineChoice> found;
  const Descriptor made = make_engine(*this, engine);
  for (const Descriptor& knob :
       made.get_descriptors(CUDNN_ATTR_ENGINE_KNOB_INFO, CUDNN_BACKEND_KNOB_INFO_DESCRIPTOR,
                            CUDNN_KNOB_TYPE_COUNTS)) {
    const auto type = knob.get_knob_type(CUDNN_ATTR_KNOB_INFO_TYPE);
    if (type != CUDNN_KNOB_TYPE_KERNEL_CFG) continue;
    const std::int64_t last = knob.get_int(CUDNN_ATTR_KNOB_INFO_MAXIMUM_VALUE);
    const std::int64_t step = std::max<std::int64_t>(knob.get_int(CUDNN_ATTR_KNOB_INFO_STRIDE), 1);
    for (std::int64_t value = knob.get_int(CUDNN_ATTR_KNOB_INFO_MINIMUM_VALUE); value <= last;
         value += step) {
      EngineChoice choice{.engine = engine, .knobs = {{type, value}}};
      if (is_taken(*this, choice)) found.push_back(std::move(choice));
    }
  }
  return found;
}

LibraryConfig::LibraryConfig(const LibraryGraph& graph, const EngineChoice& choice)
    : engine_(make_engine(graph, choice.engine)),
      knobs_(make_knobs(choice)),
      config_(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR) {
  config_.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine_);
  if (!knobs_.empty()) config_.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs_);
  config_.finalize();
}

LibraryPlan::LibraryPlan(const LibraryGraph& graph, const EngineChoice& choice)
    : config_(graph, choice),
      plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR),
      notes_(notes_of(config_.engine())) {
  graph.target().set_on_plan(plan_);
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config_.descriptor());
  plan_.finalize();
  workspace_bytes_ =
      static_cast<std::size_t>(plan_.get_int(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
}

}  // namespace qbench::cudnn
