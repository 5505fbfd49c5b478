#include "engine/backends/reference/executable.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/backends/reference/element.h"
#include "engine/core/error.h"

namespace qbench::reference {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

bool holds_data_only(const Op& op) {
  return std::holds_alternative<Input>(op) || std::holds_alternative<Constant>(op);
}

template <class Spans>
void check_sizes(const Graph& graph, std::span<const NodeId> ids, const Spans& given,
                 std::string_view what) {
  if (given.size() != ids.size()) {
    throw Error(fmt::format("{} {} given to run, expected {}", given.size(), what, ids.size()));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Node& node = graph[ids[i]];
    if (std::cmp_equal(given[i].size(), node.type.shape.elements())) continue;
    throw Error(fmt::format("{} {} has {} elements, expected {} for node '{}' {}", what, i,
                            given[i].size(), node.type.shape.elements(), node.name,
                            to_string(node.type.shape)));
  }
}

std::string describe_types(const Graph& graph, const Node& node) {
  std::string text;
  for (NodeId id : node.inputs) text += fmt::format("{} ", to_string(graph[id].type.dtype));
  return text + fmt::format("-> {}", to_string(node.type.dtype));
}

std::int64_t macs_of(const Graph& graph, const Node& node) {
  const bool multiplies = std::holds_alternative<Convolution>(node.op) ||
                          std::holds_alternative<FullyConnected>(node.op);
  return multiplies ? node.type.shape.elements() * graph[node.inputs[1]].type.shape.elements(1) : 0;
}

std::int64_t bytes_of(Operands in, const Result& out) {
  std::size_t bytes = out.data.size_bytes();
  for (const Operand& operand : in) bytes += operand.data.size_bytes();
  return static_cast<std::int64_t>(bytes);
}

double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  return *middle;
}

}  // namespace

ReferenceExecutable::ReferenceExecutable(const Graph& graph, std::span<const std::string> observed)
    : graph_(graph),
      inputs_(graph.inputs()),
      values_(index(graph.size())),
      own_scales_(index(graph.size())),
      scales_(index(graph.size())) {
  for (NodeId id : graph_.outputs()) check_f32(id, "output");
  for (const std::string& name : observed) {
    const std::optional<NodeId> id = graph_.find(name);
    if (!id) throw Error(fmt::format("no node '{}' to observe", name));
    check_f32(*id, "observed node");
    observed_.push_back(*id);
  }
  for (NodeId id = 0; id < graph_.size(); ++id) allocate(id);
  for (NodeId id = 0; id < graph_.size(); ++id) plan(id);
}

void ReferenceExecutable::check_f32(NodeId id, std::string_view what) const {
  const Node& node = graph_[id];
  if (node.type.dtype == DType::f32 && !is_quantized(node.type)) return;
  throw Error(
      fmt::format("{} '{}' is {}, expected f32", what, node.name, to_string(node.type.dtype)));
}

void ReferenceExecutable::allocate(NodeId id) {
  const Node& node = graph_[id];
  if (graph_.as_constant(id) == nullptr)
    values_[index(id)] = Tensor(node.type.dtype, node.type.shape);
  if (!is_quantized(node.type)) return;
  const QuantParams& params = *node.type.quant;
  if (params.dynamic && !std::holds_alternative<Quantize>(node.op)) {
    scales_[index(id)] = scales_[index(node.inputs[0])];
  } else if (params.axis < 0) {
    const std::size_t count = std::max<std::size_t>(images(node.type.shape), 1);
    own_scales_[index(id)].assign(count, params.dynamic ? 1.0F : params.scales[0]);
    scales_[index(id)] = own_scales_[index(id)];
  }
}

void ReferenceExecutable::plan(NodeId id) {
  const Node& node = graph_[id];
  if (holds_data_only(node.op)) return;
  if (std::holds_alternative<Convolution>(node.op)) {
    const auto plane = static_cast<std::size_t>(node.type.shape.elements(2));
    if (is_quantized(graph_[node.inputs[0]].type)) {
      scratch_.integers.resize(std::max(scratch_.integers.size(), plane));
    } else {
      scratch_.reals.resize(std::max(scratch_.reals.size(), plane));
    }
  }
  scratch_.strides.resize(std::max(scratch_.strides.size(), node.type.shape.rank()));

  std::vector<Operand> in;
  in.reserve(node.inputs.size());
  for (NodeId input : node.inputs) {
    in.push_back({graph_[input].type, value(input), scales_[index(input)]});
  }
  steps_.push_back({&node, std::move(in), {node.type, values_[index(id)], scales_[index(id)]}});
}

const Tensor& ReferenceExecutable::value(NodeId id) const {
  const Constant* constant = graph_.as_constant(id);
  return constant == nullptr ? values_[index(id)] : *constant->value;
}

void ReferenceExecutable::load_inputs(std::span<const std::span<const float>> inputs) {
  check_sizes(graph_, inputs_, inputs, "inputs");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::ranges::copy(inputs[i], values_[index(inputs_[i])].data<float>().begin());
  }
}

void ReferenceExecutable::step(const Step& step) {
  const Overloaded evaluate_any{
      [&](const auto& op) { evaluate(op, step.in, step.out, scratch_); },
      [](const Input&) {},
      [](const Constant&) {},
  };
  try {
    std::visit(evaluate_any, step.node->op);
  } catch (const Error& error) {  // a dynamic range that is not finite
    throw error.at(fmt::format("node '{}'", step.node->name));
  }
}

void ReferenceExecutable::store_outputs(std::span<const std::span<float>> outputs) const {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::ranges::copy(value(graph_.outputs()[i]).data<float>(), outputs[i].begin());
  }
}

void ReferenceExecutable::run(std::span<const std::span<const float>> inputs,
                              std::span<const std::span<float>> outputs) {
  check_sizes(graph_, graph_.outputs(), outputs, "outputs");
  load_inputs(inputs);
  for (const Step& each : steps_) step(each);
  store_outputs(outputs);
}

void ReferenceExecutable::run_observed(std::span<const std::span<const float>> inputs,
                                       std::span<const std::span<float>> outputs,
                                       const ObserveFunction& observe) {
  run(inputs, outputs);
  for (std::size_t i = 0; i < observed_.size(); ++i) {
    observe(0, i, value(observed_[i]).data<float>());
  }
}

MemoryUse ReferenceExecutable::memory() const {
  MemoryUse use;
  use.weights = constant_bytes(graph_);
  for (const Tensor& tensor : values_) use.arena += tensor.size_bytes();
  use.scratch = scratch_.reals.size() * sizeof(double) +
                scratch_.integers.size() * sizeof(std::int64_t) +
                scratch_.strides.size() * sizeof(std::int64_t);
  return use;
}

std::vector<LayerTime> ReferenceExecutable::profile(std::span<const std::span<const float>> inputs,
                                                    std::span<const std::span<float>> outputs,
                                                    int repeats) {
  if (repeats < 1) throw Error(fmt::format("{} repeats to profile, expected 1 or more", repeats));
  check_sizes(graph_, graph_.outputs(), outputs, "outputs");
  std::vector<std::vector<double>> samples(steps_.size());
  for (int repeat = 0; repeat < repeats; ++repeat) {
    load_inputs(inputs);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Clock::time_point start = Clock::now();
      step(steps_[i]);
      samples[i].push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
    }
  }
  store_outputs(outputs);

  std::vector<LayerTime> times;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Node& node = *steps_[i].node;
    times.push_back({.node = node.name,
                     .op = std::string(op_name(node.op)),
                     .implementation = "loops",
                     .dtypes = describe_types(graph_, node),
                     .macs = macs_of(graph_, node),
                     .bytes = bytes_of(steps_[i].in, steps_[i].out),
                     .threads = 1,
                     .median_ns = median(std::move(samples[i]))});
  }
  return times;
}

}  // namespace qbench::reference
