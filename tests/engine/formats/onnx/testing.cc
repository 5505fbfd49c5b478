#include "tests/engine/formats/onnx/testing.h"

#include <gtest/gtest.h>
#include <onnx/defs/parser.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/dnn.hpp>
#include <random>

#include "engine/backends/reference/reference_backend.h"
#include "tests/engine/formats/testing.h"

namespace qbench::testing {

::onnx::ModelProto parse_onnx(const std::string& text) {
  const std::string header = "<ir_version: 8, opset_import: [\"\": 13]>\n";
  const std::string whole = text.starts_with('<') ? text : header + text;
  ::onnx::ModelProto model;
  const auto status = ::onnx::OnnxParser::Parse(model, whole.c_str());
  if (!status.IsOK()) ADD_FAILURE() << status.ErrorMessage() << " in " << whole;
  return model;
}

Numbers random_numbers(std::size_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  Numbers numbers(count);
  for (float& number : numbers)
    number = static_cast<float>(static_cast<double>(generator()) / 2147483648.0 - 1.0);
  return numbers;
}

::onnx::TensorProto& add_tensor(::onnx::ModelProto& model, const std::string& name,
                                const std::vector<std::int64_t>& dims, const Numbers& values) {
  ::onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(::onnx::TensorProto::FLOAT);
  for (std::int64_t dim : dims) tensor.add_dims(dim);
  const auto count = static_cast<std::size_t>(Shape(dims).elements());
  const auto seed = static_cast<std::uint32_t>(model.graph().initializer_size());
  for (float value : values.empty() ? random_numbers(count, 100 + seed) : values)
    tensor.add_float_data(value);
  return tensor;
}

void add_integers(::onnx::ModelProto& model, const std::string& name,
                  const std::vector<std::int64_t>& values) {
  add_table(model, name, {static_cast<std::int64_t>(values.size())}, values);
}

void add_table(::onnx::ModelProto& model, const std::string& name,
               const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& values) {
  ::onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(::onnx::TensorProto::INT64);
  for (std::int64_t dim : dims) tensor.add_dims(dim);
  for (std::int64_t value : values) tensor.add_int64_data(value);
}

namespace {

template <class T, class Typed>
Numbers stored_numbers(const ::onnx::TensorProto& tensor, const Typed& typed) {
  if (!tensor.has_raw_data()) return {typed.begin(), typed.end()};
  Numbers numbers(tensor.raw_data().size() / sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T value{};
    std::memcpy(&value, tensor.raw_data().data() + i * sizeof(T), sizeof(T));
    numbers[i] = static_cast<float>(value);
  }
  return numbers;
}

Numbers half_numbers(const ::onnx::TensorProto& tensor) {
  std::string raw = tensor.raw_data();
  for (std::int32_t bits : tensor.int32_data())
    raw.append({static_cast<char>(bits & 0xff), static_cast<char>(bits >> 8)});
  cv::Mat single;
  cv::convertFp16(cv::Mat(1, static_cast<int>(raw.size() / 2), CV_16S, raw.data()), single);
  return {single.ptr<float>(), single.ptr<float>() + single.total()};
}

}  // namespace

std::optional<Numbers> numbers_of(const ::onnx::TensorProto& tensor) {
  using Proto = ::onnx::TensorProto;
  switch (tensor.data_type()) {
    case Proto::FLOAT:
      return stored_numbers<float>(tensor, tensor.float_data());
    case Proto::FLOAT16:
      return half_numbers(tensor);
    case Proto::DOUBLE:
      return stored_numbers<double>(tensor, tensor.double_data());
    case Proto::INT64:
      return stored_numbers<std::int64_t>(tensor, tensor.int64_data());
    case Proto::INT32:
      return stored_numbers<std::int32_t>(tensor, tensor.int32_data());
    case Proto::INT8:
      return stored_numbers<std::int8_t>(tensor, tensor.int32_data());
    case Proto::UINT8:
    case Proto::BOOL:
      return stored_numbers<std::uint8_t>(tensor, tensor.int32_data());
    default:
      return std::nullopt;
  }
}

Graph import_onnx_proto(const ::onnx::ModelProto& model, const ImportOptions& options) {
  const TemporaryFile file(".onnx");
  write_file(file.path(), model.SerializeAsString());
  return import_model({file.path(), ""}, options);
}

void to_single_precision(::onnx::ModelProto& model) {
  ::onnx::GraphProto& graph = *model.mutable_graph();
  for (::onnx::TensorProto& tensor : *graph.mutable_initializer()) {
    if (tensor.data_type() != ::onnx::TensorProto::FLOAT16) continue;
    std::string& raw = *tensor.mutable_raw_data();
    cv::Mat single;
    cv::convertFp16(cv::Mat(1, static_cast<int>(raw.size() / 2), CV_16S, raw.data()), single);
    tensor.set_raw_data(single.data, single.total() * sizeof(float));
    tensor.set_data_type(::onnx::TensorProto::FLOAT);
  }
  for (auto* values : {graph.mutable_input(), graph.mutable_output()}) {
    for (::onnx::ValueInfoProto& value : *values)
      value.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
  }
}

std::vector<Numbers> run_reference(const Graph& graph) {
  std::vector<Numbers> values;
  for (NodeId id : graph.inputs())
    values.push_back(random_numbers(static_cast<std::size_t>(graph[id].type.shape.elements()), 7));
  std::vector<Numbers> results;
  for (NodeId id : graph.outputs())
    results.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  const std::vector<std::span<const float>> inputs(values.begin(), values.end());
  const std::vector<std::span<float>> outputs(results.begin(), results.end());
  reference_backend().compile(graph, {})->run(inputs, outputs);
  return results;
}

Numbers run_opencv(const std::string& file, const Shape& input) {
  cv::dnn::Net net = cv::dnn::readNetFromONNX(file);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  std::vector<int> dims;
  for (std::int64_t dim : input.dims()) dims.push_back(static_cast<int>(dim));
  Numbers numbers = random_numbers(static_cast<std::size_t>(input.elements()), 7);
  net.setInput(cv::Mat(dims, CV_32F, numbers.data()));
  const cv::Mat result = net.forward();
  const auto* begin = result.ptr<float>();
  return {begin, begin + result.total()};
}

float difference(const Numbers& actual, const Numbers& expected) {
  if (actual.size() != expected.size()) {
    ADD_FAILURE() << actual.size() << " values, expected " << expected.size();
    return INFINITY;
  }
  float largest = 0;
  float apart = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    apart = std::max(apart, std::fabs(actual[i] - expected[i]));
  }
  return apart / std::max(largest, 1e-20F);
}

}  // namespace qbench::testing
