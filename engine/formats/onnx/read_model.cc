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
#include <new>
#include <optional>
#include <set>
#include <system_error>
#include <type_traits>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/external_data.h"
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
  for (const auto& value : values) {
    if constexpr (std::is_integral_v<T>) {  // the file may hold more bits than the type has
      if (!std::in_range<T>(value))
        throw Error(fmt::format("a value of {} does not fit {}", value, to_string(dtype)));
    }
    *out++ = static_cast<T>(value);
  }
  return tensor;
}

Tensor from_raw(DType dtype, const Shape& shape, const std::string& raw) {
  expect_count(raw.size(), static_cast<std::size_t>(shape.elements()) * size_of(dtype), "bytes");
  Tensor tensor(dtype, shape);
  if (!raw.empty()) std::memcpy(tensor.bytes().data(), raw.data(), raw.size());
  return tensor;
}

bool is_external(const TensorProto& proto) {
  return proto.data_location() == TensorProto::EXTERNAL || proto.external_data_size() > 0;
}

ExternalPlace place_of(const TensorProto& proto) {
  ExternalPlace place;
  for (const auto& entry : proto.external_data()) set_entry(place, entry.key(), entry.value());
  return place;
}

Tensor values_of(const TensorProto& proto, DType dtype, ExternalFiles& files) {
  const Shape shape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
  if (is_external(proto)) {
    if (proto.has_raw_data()) throw Error("data both in this file and in another one");
    return files.read(place_of(proto), dtype, shape);
  }
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

NamedTensor read_tensor(const TensorProto& proto, const std::string& what, ExternalFiles& files) {
  DType dtype{};
  try {
    dtype = dtype_from(proto.data_type());
  } catch (const Error& error) {
    return {.name = proto.name(), .value = nullptr, .unreadable = error.what()};
  }
  try {
    return {.name = proto.name(),
            .value = std::make_shared<const Tensor>(values_of(proto, dtype, files))};
  } catch (const Error& error) {
    throw error.at(what);
  }
}

Attribute read_attribute(const AttributeProto& proto, ExternalFiles& files) {
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
    case AttributeProto::TENSOR: {
      NamedTensor tensor =
          read_tensor(proto.t(), fmt::format("attribute '{}'", proto.name()), files);
      if (tensor.value) return tensor.value;
      return Unreadable{tensor.unreadable};
    }
    default:
      return Unreadable{"neither a number, a string, a list of numbers nor a tensor"};
  }
}

NodeDef read_node(const ::onnx::NodeProto& proto, ExternalFiles& files) {
  NodeDef node{.op = proto.op_type(),
               .name = proto.name(),
               .domain = proto.domain() == "ai.onnx" ? "" : proto.domain(),
               .inputs = {proto.input().begin(), proto.input().end()},
               .outputs = {proto.output().begin(), proto.output().end()}};
  for (const AttributeProto& attribute : proto.attribute()) {
    if (!node.attributes.emplace(attribute.name(), read_attribute(attribute, files)).second)
      throw Error(fmt::format("attribute '{}' is given twice", attribute.name()));
  }
  return node;
}

ValueDef read_value(const ValueInfoProto& proto) {
  ValueDef value{.name = proto.name(), .dtype = DType::f32, .dims = std::nullopt};
  if (!proto.has_type()) return value;
  if (!proto.type().has_tensor_type()) {
    value.unreadable = "it is no tensor";
    return value;
  }
  const auto& type = proto.type().tensor_type();
  try {
    value.dtype = dtype_from(type.elem_type());
  } catch (const Error& error) {
    value.unreadable = error.what();
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
  std::optional<std::int64_t> version;
  for (const auto& opset : proto.opset_import()) {
    if (!opset.domain().empty() && opset.domain() != "ai.onnx") continue;
    if (version && *version != opset.version())
      throw Error(fmt::format("operator set {} and {}, expected one", *version, opset.version()));
    version = opset.version();
  }
  if (!version) throw Error("the file names no version of the standard operators (opset_import)");
  if (*version >= kFirstOpset && *version <= kLastOpset) return *version;
  throw Error(fmt::format("operator set {}, supported are {} to {}: export the model for one of "
                          "these, or convert it",
                          *version, kFirstOpset, kLastOpset),
              ErrorKind::unsupported);
}

std::string place_of_node(const ::onnx::GraphProto& graph, int i) {
  return fmt::format("node {} '{}' ({})", i, graph.node(i).name(), graph.node(i).op_type());
}

ModelDef from_proto(::onnx::ModelProto& proto, ExternalFiles& files) {
  ModelDef model;
  model.opset = read_opset(proto);
  ::onnx::GraphProto& graph = *proto.mutable_graph();
  if (graph.sparse_initializer_size() > 0)
    throw Error("sparse initializers are not supported", ErrorKind::unsupported);
  for (TensorProto& tensor : *graph.mutable_initializer()) {
    model.initializers.push_back(
        read_tensor(tensor, fmt::format("initializer '{}'", tensor.name()), files));
    std::string().swap(*tensor.mutable_raw_data());  // gives the memory back
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    try {
      model.nodes.push_back(read_node(graph.node(i), files));
    } catch (const Error& error) {
      throw error.at(place_of_node(graph, i));
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

// Calls function(model, files) with the model at `path`; an error names the file.
template <class Function>
auto with_model(const std::string& path, Function function) {
  try {
    ::onnx::ModelProto proto;
    parse(path, proto);
    ExternalFiles files(path);
    return function(proto, files);
  } catch (const Error& error) {
    throw error.at(path);
  } catch (const std::bad_alloc&) {
    throw Error("no memory to read the model", ErrorKind::environment).at(path);
  }
}

}  // namespace

ModelDef read_model(const std::string& path) { return with_model(path, from_proto); }

std::vector<std::string> external_files(const std::string& path) {
  return with_model(path, [](const ::onnx::ModelProto& proto, const ExternalFiles& files) {
    std::set<std::string> found;
    const auto look_at = [&](const TensorProto& tensor, const std::string& what) {
      if (!is_external(tensor)) return;
      try {
        found.insert(files.path_of(place_of(tensor).location));
      } catch (const Error& error) {
        throw error.at(what);
      }
    };
    const ::onnx::GraphProto& graph = proto.graph();
    for (const TensorProto& tensor : graph.initializer())
      look_at(tensor, fmt::format("initializer '{}'", tensor.name()));
    for (int i = 0; i < graph.node_size(); ++i) {
      for (const AttributeProto& attribute : graph.node(i).attribute())
        look_at(attribute.t(), place_of_node(graph, i));
    }
    return std::vector<std::string>(found.begin(), found.end());
  });
}

}  // namespace qbench::onnx
