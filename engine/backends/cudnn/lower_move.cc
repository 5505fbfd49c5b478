// Operators that only rename or move values: free where the memory already lies right.
#include "engine/backends/cudnn/operators.h"

namespace qbench::cudnn {
namespace {

// Where the node's type asks for another scale than its input has: converts the value.
View rescaled(Builder& to, NodeId id, const View& value) {
  const TensorType& from = to.graph()[to.graph()[id].inputs[0]].type;
  const TensorType& wanted = to.graph()[id].type;
  if (!from.quant || from.quant == wanted.quant) return value;
  View result = to.allocate(id, value.desc);
  result.scales = value.scales;
  to.add(id, ConvertWork{.ratio = scale_ratio(from, wanted)}, {value, result});
  return result;
}

// NCHW to NHWC of a value that lies so.
bool lies_transposed(const Desc& desc, const Transpose& op) {
  return desc.layout == Layout::channels_last && desc.channels == desc.shape[1] &&
         op.permutation == std::vector<std::int64_t>{0, 2, 3, 1};
}

}  // namespace

void lower_flatten(Builder& to, NodeId id) {
  View value = rescaled(to, id, to.view(to.graph()[id].inputs[0]));
  // Otherwise left as it is: a fully connected layer takes it so, others have it put in order.
  if (value.desc.layout == Layout::row_major)
    value.desc = row_major(to.graph()[id].type.shape, value.desc.dtype);
  to.define(id, value);
}

void lower_reshape(Builder& to, NodeId id) {
  View value = rescaled(to, id, to.row_major_view(to.graph()[id].inputs[0]));
  value.desc = row_major(to.graph()[id].type.shape, value.desc.dtype);
  to.define(id, value);
}

void lower_identity(Builder& to, NodeId id) {
  to.define(id, rescaled(to, id, to.view(to.graph()[id].inputs[0])));
}

// Row-major, as what follows reads it.
void lower_transpose(Builder& to, NodeId id, const Transpose& op) {
  const Node& node = to.graph()[id];
  const View data = to.shaped(node.inputs[0]);
  const TensorType& from = to.graph()[node.inputs[0]].type;
  if (lies_transposed(data.desc, op) && from.quant == node.type.quant) {
    View same = data;
    same.desc = row_major(node.type.shape, data.desc.dtype);
    return to.define(id, same);
  }
  ConvertWork work{.ratio = scale_ratio(from, node.type)};
  for (std::size_t i = 0; i < op.permutation.size(); ++i)
    work.axes[i] = static_cast<std::int32_t>(op.permutation[i]);
  View result = to.allocate(id, row_major(node.type.shape, to.result_desc(id).dtype));
  result.scales = data.scales;
  to.add(id, work, {data, result});
  to.define(id, result);
}

void lower_concat(Builder& to, NodeId id, const Concat& op) {
  const Node& node = to.graph()[id];
  const View result = to.allocate(id, to.result_desc(id));
  ConvertWork work{.axis = static_cast<std::int32_t>(op.axis)};
  for (const NodeId part : node.inputs) {
    const TensorType& from = to.graph()[part].type;
    work.ratio = scale_ratio(from, node.type);
    to.add(id, work, {to.shaped(part), result});
    work.offset += from.shape[static_cast<std::size_t>(op.axis)];
  }
  to.define(id, result);
}

}  // namespace qbench::cudnn
