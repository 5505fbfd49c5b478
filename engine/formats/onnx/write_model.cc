#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <limits>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/model.h"

namespace qbench::onnx {
namespace {

constexpr std::int64_t kIrVersion = 8;

::onnx::TensorProto::DataType type_of(DType dtype) {
  using ::onnx::TensorProto;
  switch (dtype) {
    case DType::f32:
      return TensorProto::FLOAT;
    case DType::f64:
      return TensorProto::DOUBLE;
    case DType::f16:
      return TensorProto::FLOAT16;
    case DType::s8:
      return TensorProto::INT8;
    case DType::u8:
      return TensorProto::UINT8;
    case DType::s32:
      return TensorProto::INT32;
    case DType::s64:
      return TensorProto::INT64;
  }
  throw Error("an element type without a name in ONNX");
}

void write_tensor(::onnx::TensorProto& to, const Tensor& tensor) {
  to.set_data_type(type_of(tensor.dtype()));
  for (std::int64_t dim : tensor.shape().dims()) to.add_dims(dim);
  to.set_raw_data(tensor.bytes().data(), tensor.size_bytes());
}

struct WriteAttribute {
  ::onnx::AttributeProto& to;

  void operator()(const Unreadable&) const { throw Error("an attribute without a value"); }
  void operator()(std::int64_t value) const {
    to.set_type(::onnx::AttributeProto::INT);
    to.set_i(value);
  }
  void operator()(float value) const {
    to.set_type(::onnx::AttributeProto::FLOAT);
    to.set_f(value);
  }
  void operator()(const std::string& value) const {
    to.set_type(::onnx::AttributeProto::STRING);
    to.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    to.set_type(::onnx::AttributeProto::INTS);
    for (std::int64_t value : values) to.add_ints(value);
  }
  void operator()(const std::vector<float>& values) const {
    to.set_type(::onnx::AttributeProto::FLOATS);
    for (float value : values) to.add_floats(value);
  }
  void operator()(const TensorPtr& value) const {
    to.set_type(::onnx::AttributeProto::TENSOR);
    write_tensor(*to.mutable_t(), *value);
  }
};

void write_node(::onnx::NodeProto& to, const NodeDef& node) {
  to.set_op_type(node.op);
  to.set_name(node.name);
  for (const std::string& input : node.inputs) to.add_input(input);
  for (const std::string& output : node.outputs) to.add_output(output);
  for (const auto& [name, value] : node.attributes) {
    ::onnx::AttributeProto& attribute = *to.add_attribute();
    attribute.set_name(name);
    std::visit(WriteAttribute{attribute}, value);
  }
}

void write_value(::onnx::ValueInfoProto& to, const ValueDef& value) {
  to.set_name(value.name);
  auto& type = *to.mutable_type()->mutable_tensor_type();
  type.set_elem_type(type_of(value.dtype));
  if (!value.dims) return;
  auto& shape = *type.mutable_shape();
  for (std::int64_t dim : *value.dims) {
    if (dim < 0) {
      shape.add_dim()->set_dim_param("N");
    } else {
      shape.add_dim()->set_dim_value(dim);
    }
  }
}

}  // namespace

void write_model(std::ostream& out, const ModelDef& model) {
  ::onnx::ModelProto proto;
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("qbench");
  proto.add_opset_import()->set_version(model.opset);
  ::onnx::GraphProto& graph = *proto.mutable_graph();
  graph.set_name("network");
  for (const NamedTensor& tensor : model.initializers) {
    ::onnx::TensorProto& to = *graph.add_initializer();
    to.set_name(tensor.name);
    write_tensor(to, *tensor.value);
  }
  for (const NodeDef& node : model.nodes) write_node(*graph.add_node(), node);
  for (const ValueDef& value : model.inputs) write_value(*graph.add_input(), value);
  for (const ValueDef& value : model.outputs) write_value(*graph.add_output(), value);
  if (std::cmp_greater(proto.ByteSizeLong(), std::numeric_limits<int>::max()))
    throw Error("the model is larger than 2 GiB, which an ONNX file cannot hold",
                ErrorKind::unsupported);
  proto.SerializeToOstream(&out);
}

}  // namespace qbench::onnx
