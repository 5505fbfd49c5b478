#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/model.h"

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

namespace qbench::onnx {
namespace {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;
using ::onnx::ValueInfoProto;

DType dtype_from(std::int32_t type) {
  switch (type) {
    case TensorProto::FLOAT:
      return DType::f32;
    case TensorProto::DOUBLE:
      return DType::f64;
    case TensorProto::FLOAT16:
      return DType::f16;
    case TensorProto::INT8:
      return DType::s8;
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return DType::u8;
    case TensorProto::INT32:
      return DType::s32;
    case TensorProto::INT64:
      return DType::s64;
    default:
      break;
  }
  const bool known = TensorProto::DataType_IsValid(type);
  throw Error(
      fmt::format("element type {}; supported are FLOAT, FLOAT16, DOUBLE, INT8, UINT8, INT32, "
                  "INT64, BOOL",
                  known ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type))
                        : std::to_string(type)),
      ErrorKind::unsupported);
}

void expect_count(std::size_t found, std::size_t expected, std::string_view what) {
  if (found != expected)
    throw Error(fmt::format("{} {} of data, expected {}", found, what, expected));
}

template <class T, class Values>
Tensor from_typed(DType dtype, const Shape& shape, const Values& values) {
  expect_count(static_cast<std::size_t>(values.size()), static_cast<std::size_t>(shape.elements()),
               "values");
  Tensor tensor(dtype, shape);
  auto* out = reinterpret_cast<T*>(tensor.bytes().data());
  for (const auto& value : values) *out++ = static_cast<T>(value);
  return tensor;
}

Tensor from_raw(DType dtype, const Shape& shape, const std::string& raw) {
  expect_count(raw.size(), static_cast<std::size_t>(shape.elements()) * size_of(dtype), "bytes");
  Tensor tensor(dtype, shape);
  if (!raw.empty()) std::memcpy(tensor.bytes().data(), raw.data(), raw.size());
  return tensor;
}

Tensor values_of(const TensorProto& proto) {
  if (proto.data_location() == TensorProto::EXTERNAL || proto.external_data_size() > 0)
    throw Error("data in another file, supported is data inside the .onnx file",
                ErrorKind::unsupported);
  const DType dtype = dtype_from(proto.data_type());
  const Shape shape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
  if (proto.has_raw_data()) return from_raw(dtype, shape, proto.raw_data());
  switch (dtype) {
    case DType::f32:
      return from_typed<float>(dtype, shape, proto.float_data());
    case DType::f64:
      return from_typed<double>(dtype, shape, proto.double_data());
    case DType::s64:
      return from_typed<std::int64_t>(dtype, shape, proto.int64_data());
    case DType::f16:
      return from_typed<std::uint16_t>(dtype, shape, proto.int32_data());
    case DType::s32:
      return from_typed<std::int32_t>(dtype, shape, proto.int32_data());
    case DType::s8:
      return from_typed<std::int8_t>(dtype, shape, proto.int32_data());
    case DType::u8:
      return from_typed<std::uint8_t>(dtype, shape, proto.int32_data());
  }
  throw Error("an element type without a form");
}

TensorPtr read_tensor(const TensorProto& proto, const std::string& what) {
  try {
    return std::make_shared<const Tensor>(values_of(proto));
  } catch (const Error& error) {
    throw error.at(what);
  }
}

Attribute read_attribute(const AttributeProto& proto) {
  switch (proto.type()) {
    case AttributeProto::INT:
      return proto.i();
    case AttributeProto::FLOAT:
      return proto.f();
    case AttributeProto::STRING:
      return proto.s();
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case AttributeProto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case AttributeProto::TENSOR:
      return read_tensor(proto.t(), fmt::format("attribute '{}'", proto.name()));
    default:
      return std::monostate();
  }
}

NodeDef read_node(const ::onnx::NodeProto& proto) {
  NodeDef node{.op = proto.op_type(),
               .name = proto.name(),
               .domain = proto.domain() == "ai.onnx" ? "" : proto.domain(),
               .inputs = {proto.input().begin(), proto.input().end()},
               .outputs = {proto.output().begin(), proto.output().end()}};
  for (const AttributeProto& attribute : proto.attribute()) {
    if (!node.attributes.emplace(attribute.name(), read_attribute(attribute)).second)
      throw Error(fmt::format("attribute '{}' is given twice", attribute.name()));
  }
  return node;
}

ValueDef read_value(const ValueInfoProto& proto) {
  ValueDef value{.name = proto.name(), .dtype = DType::f32, .dims = std::nullopt};
  if (!proto.has_type()) return value;
  if (!proto.type().has_tensor_type())
    throw Error(fmt::format("value '{}' is no tensor", proto.name()), ErrorKind::unsupported);
  const auto& type = proto.type().tensor_type();
  try {
    value.dtype = dtype_from(type.elem_type());
  } catch (const Error& error) {
    throw error.at(fmt::format("value '{}'", proto.name()));
  }
  if (!type.has_shape()) return value;
  value.dims.emplace();
  for (const auto& dim : type.shape().dim()) {
    const bool fixed = dim.has_dim_value() && dim.dim_value() > 0;
    value.dims->push_back(fixed ? dim.dim_value() : -1);
  }
  return value;
}

std::int64_t read_opset(const ::onnx::ModelProto& proto) {
  for (const auto& opset : proto.opset_import()) {
    if (!opset.domain().empty() && opset.domain() != "ai.onnx") continue;
    if (opset.version() >= kFirstOpset && opset.version() <= kLastOpset) return opset.version();
    throw Error(fmt::format("operator set {}, supported are {} to {}", opset.version(), kFirstOpset,
                            kLastOpset),
                ErrorKind::unsupported);
  }
  throw Error("the file names no version of the standard operators (opset_import)");
}

ModelDef from_proto(::onnx::ModelProto& proto) {
  ModelDef model;
  model.opset = read_opset(proto);
  ::onnx::GraphProto& graph = *proto.mutable_graph();
  if (graph.sparse_initializer_size() > 0)
    throw Error("sparse initializers are not supported", ErrorKind::unsupported);
  for (TensorProto& tensor : *graph.mutable_initializer()) {
    model.initializers.push_back(
        {tensor.name(), read_tensor(tensor, fmt::format("initializer '{}'", tensor.name()))});
    std::string().swap(*tensor.mutable_raw_data());  // gives the memory back
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    const ::onnx::NodeProto& node = graph.node(i);
    try {
      model.nodes.push_back(read_node(node));
    } catch (const Error& error) {
      throw error.at(fmt::format("node {} '{}' ({})", i, node.name(), node.op_type()));
    }
  }
  for (const ValueInfoProto& value : graph.input()) model.inputs.push_back(read_value(value));
  for (const ValueInfoProto& value : graph.output()) model.outputs.push_back(read_value(value));
  return model;
}

void parse(const std::string& path, ::onnx::ModelProto& proto) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  std::ifstream file(path, std::ios::binary);
  if (failure || !file) throw Error("cannot be opened");
  if (std::cmp_greater(size, std::numeric_limits<int>::max()))
    throw Error(
        fmt::format("{} bytes, expected less than 2 GiB, which the format cannot exceed", size));
  google::protobuf::io::IstreamInputStream stream(&file);
  google::protobuf::io::CodedInputStream coded(&stream);
  const bool complete = proto.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
  if (!complete || !proto.has_graph())
    throw Error("no ONNX model: cut off, or not in its protocol buffer format");
}

}  // namespace

ModelDef read_model(const std::string& path) {
  try {
    ::onnx::ModelProto proto;
    parse(path, proto);
    return from_proto(proto);
  } catch (const Error& error) {
    throw error.at(path);
  }
}

}  // namespace qbench::onnx
