// Convolution: f32 and INT8, with bias, residual sum and activation in the same kernel.
#include <algorithm>
#include <vector>

#include "engine/backends/onednn/lower.h"
#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

ConvolutionGeometry geometry_of(const Graph& graph, NodeId id, const Convolution& op) {
  const Node& node = graph[id];
  Dims weights = graph[node.inputs[1]].type.shape.dims();
  if (op.groups > 1) {
    weights[0] /= op.groups;
    weights.insert(weights.begin(), op.groups);
  }
  return {.data = graph[node.inputs[0]].type.shape.dims(),
          .weights = std::move(weights),
          .result = node.type.shape.dims(),
          .stride = op.stride,
          .dilation = op.dilation,
          .padding = op.padding};
}

std::int64_t macs_of(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  return node.type.shape.elements() * graph[node.inputs[1]].type.shape.elements(1);
}

// The layouts to ask for, best first. The library falls back to its reference kernels silently,
// hundreds of times slower, so every answer is looked at before it is taken.
std::vector<Layouts> candidates(const Builder& to, const ConvolutionGeometry& geometry, DType data,
                                DType result) {
  std::vector<Layouts> list;
  if (data == DType::f32 && to.prefers_blocked() && geometry.result[1] >= kChannelBlock) {
    const bool few_channels = geometry.data[1] < kChannelBlock;
    const Desc source =
        few_channels ? row_major(geometry.data, data) : blocked(geometry.data, data);
    list.push_back({source, blocked(geometry.result, result)});
  }
  list.push_back({});
  list.push_back({channels_last(geometry.data, data), channels_last(geometry.result, result)});
  list.push_back({row_major(geometry.data, data), row_major(geometry.result, result)});
  return list;
}

Kernel choose(Builder& to, NodeId id, const Convolution& op, const Epilogue& epilogue) {
  const ConvolutionGeometry geometry = geometry_of(to.graph(), id, op);
  const DType data = to.graph()[to.graph()[id].inputs[0]].type.dtype;
  const DType result = to.graph()[id].type.dtype;
  const auto make = [&](ConvolutionMethod method, const Layouts& layouts) {
    return make_convolution(to.engine(), method, geometry, data, result, op.has_bias, layouts,
                            epilogue);
  };
  if (to.uses_winograd(id)) {
    auto winograd = make(ConvolutionMethod::winograd, {});
    if (winograd && !winograd->is_reference()) return *std::move(winograd);
  }
  std::optional<Kernel> direct;
  for (const Layouts& layouts : candidates(to, geometry, data, result)) {
    auto kernel = make(ConvolutionMethod::direct, layouts);
    if (kernel && (!direct || !kernel->is_reference())) direct = std::move(kernel);
    if (direct && !direct->is_reference()) break;
  }
  if (!direct) throw Error("oneDNN has no kernel for this convolution", ErrorKind::unsupported);
  return *std::move(direct);
}

// The kernel adds onto what is in its destination: the residual's own memory if that is free now,
// else a copy.
View accumulated_destination(Builder& to, NodeId id, NodeId residual, const View& data,
                             const Desc& desc) {
  Desc residual_desc = desc;
  if (to.graph()[residual].type.dtype != dtype_of(desc))  // s8 added to u8: same size, same layout
    residual_desc = channels_last(dims_of(desc), to.graph()[residual].type.dtype);
  const View addend = to.in_layout(residual, to.shaped(residual), residual_desc);
  const bool also_read = addend.buffer == data.buffer;
  View destination =
      also_read ? to.allocate(id, residual_desc) : to.overwrite_or_allocate(id, addend);
  if (destination.buffer != addend.buffer || destination.offset != addend.offset)
    to.add_reorder(id, addend, destination);
  destination.desc = desc;
  return destination;
}

}  // namespace

void lower_convolution(Builder& to, NodeId id, const Convolution& op) {
  if (lower_depthwise(to, id, op)) return;
  const Graph& graph = to.graph();
  const std::vector<NodeId>& inputs = graph[id].inputs;
  const NodeId bias = op.has_bias ? inputs[2] : -1;
  const NodeId residual = op.has_residual ? inputs.back() : -1;
  const Accumulation sum = accumulation(graph, id, bias, residual, op.activation);
  if (needs_exact(graph, id, op.activation)) return lower_exact(to, id, op, sum);
  const Kernel kernel = choose(to, id, op, sum.epilogue);
  if (lower_int8_convolution(to, id, op, sum, kernel)) return;
  if (graph[inputs[0]].type.quant && kernel.is_reference()) return lower_exact(to, id, op, sum);

  const View data = to.in_layout(inputs[0], to.shaped(inputs[0]), kernel.src);
  const Desc plain_weights = row_major(dims_of(kernel.weights), graph[inputs[1]].type.dtype);
  const View weights = to.packed(graph.value(inputs[1]), plain_weights, kernel.weights);
  const View destination = residual >= 0
                               ? accumulated_destination(to, id, residual, data, kernel.dst)
                               : to.allocate(id, kernel.dst);
  std::vector<Operand> operands = {
      {DNNL_ARG_SRC, data}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, destination}};
  add_operands(to, id, sum, operands);
  to.add(id, kernel, std::move(operands), macs_of(graph, id));
  to.define(id, destination);
}

}  // namespace qbench::onednn
