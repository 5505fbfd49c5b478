// Fully connected layers. Weights are packed for the layout the data lies in, so that a Flatten
// before the layer costs nothing.
#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

struct Choice {
  View data;
  Dims weights;
  Kernel kernel;
};

std::optional<Choice> choose(Builder& to, NodeId id, const View& data, const FullyConnected& op,
                             const Epilogue& epilogue) {
  const Node& node = to.graph()[id];
  Dims weights = dims_of(data.desc);
  weights[0] = node.type.shape[1];
  const Desc result = row_major(node.type.shape.dims(), node.type.dtype);
  auto kernel = make_inner_product(to.engine(), data.desc, weights, result, op.has_bias, epilogue);
  if (!kernel) return std::nullopt;
  return Choice{data, std::move(weights), *std::move(kernel)};
}

// The value as a matrix of images by features; nothing when it does not lie that way.
std::optional<View> as_matrix(const View& value) {
  const Dims dims = dims_of(value.desc);
  const DType dtype = dtype_of(value.desc);
  if (!interchangeable(value.desc, row_major(dims, dtype))) return std::nullopt;
  View matrix = value;
  matrix.desc = row_major({dims[0], elements(value.desc) / dims[0]}, dtype);
  return matrix;
}

Choice choose(Builder& to, NodeId id, const FullyConnected& op, const Epilogue& epilogue) {
  const NodeId source = to.graph()[id].inputs[0];
  const View lies = to.view(source);
  std::optional<View> matrix = as_matrix(lies);
  if (!matrix && dims_of(lies.desc).size() == 4) {
    auto direct = choose(to, id, lies, op, epilogue);
    if (direct && !direct->kernel.is_reference()) return *std::move(direct);
  }
  if (!matrix) {
    const Desc plain = row_major(dims_of(lies.desc), dtype_of(lies.desc));
    matrix = as_matrix(to.in_layout(source, lies, plain));
  }
  auto flat = choose(to, id, *matrix, op, epilogue);
  if (!flat) throw Error("oneDNN has no kernel for this layer", ErrorKind::unsupported);
  return *std::move(flat);
}

// One f32 image: the library's kernel for a vector reads the weights at half the speed of memory.
bool lower_vector(Builder& to, NodeId id, const FullyConnected& op) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& data = graph[node.inputs[0]].type;
  if (data.quant || node.type.quant || data.shape[0] != 1) return false;
  const View x = to.row_major_view(node.inputs[0]);
  const View weights = to.view(node.inputs[1]);
  const View result = to.allocate(id, row_major(to_dims(node.type.shape), DType::f32));
  std::vector<Operand> operands = {
      {DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, result}};
  if (op.has_bias) operands.push_back({DNNL_ARG_BIAS, to.view(node.inputs[2])});
  const std::int64_t outputs = node.type.shape[1];
  const std::int64_t inputs = data.shape.elements(1);
  to.add(
      id, "own:gemv",
      [outputs, inputs, op](std::span<std::byte* const> at) {
        const auto real = [&](std::size_t i) { return reinterpret_cast<const float*>(at[i]); };
        kernels::matrix_times_vector(real(1), real(0), op.has_bias ? real(3) : nullptr, outputs,
                                     inputs, op.activation, reinterpret_cast<float*>(at[2]));
      },
      std::move(operands), outputs * inputs);
  to.define(id, result);
  return true;
}

}  // namespace

void lower_fully_connected(Builder& to, NodeId id, const FullyConnected& op) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  if (lower_vector(to, id, op)) return;
  const NodeId bias = op.has_bias ? node.inputs[2] : -1;
  const Accumulation sum = accumulation(graph, id, bias, -1, op.activation);
  if (needs_exact(graph, id, op.activation)) return lower_exact(to, id, op, sum);
  const Choice choice = choose(to, id, op, sum.epilogue);
  if (graph[node.inputs[0]].type.quant && choice.kernel.is_reference())
    return lower_exact(to, id, op, sum);

  const TensorType& weight = graph[node.inputs[1]].type;
  const View weights = to.packed(graph.value(node.inputs[1]),
                                 row_major(choice.weights, weight.dtype), choice.kernel.weights);
  const View result = to.allocate(id, choice.kernel.dst);
  std::vector<Operand> operands = {
      {DNNL_ARG_SRC, choice.data}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, result}};
  add_operands(to, id, sum, operands);
  to.add(id, choice.kernel, std::move(operands),
         node.type.shape.elements() * weight.shape.elements(1));
  to.define(id, result);
}

}  // namespace qbench::onednn
