// ONNX models for tests, made with ONNX's own library, and run here and in OpenCV's dnn module.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/formats/formats.h"
#include "engine/graph/graph.h"

namespace qbench::testing {

using Numbers = std::vector<float>;

// Of a model in ONNX's text form; a header for opset 13 is put before it where it has none.
::onnx::ModelProto parse_onnx(const std::string& text);

// Adds an initializer: `values`, or random ones between -1 and 1.
::onnx::TensorProto& add_tensor(::onnx::ModelProto& model, const std::string& name,
                                const std::vector<std::int64_t>& dims, const Numbers& values = {});
void add_integers(::onnx::ModelProto& model, const std::string& name,
                  const std::vector<std::int64_t>& values);

// Integers of that shape.
void add_table(::onnx::ModelProto& model, const std::string& name,
               const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& values);

// The values of a tensor as f32, whichever form they are stored in; nothing where its element type
// is none of floating point, INT8 to INT64, UINT8 and BOOL.
std::optional<Numbers> numbers_of(const ::onnx::TensorProto& tensor);

// The model through a file.
Graph import_onnx_proto(const ::onnx::ModelProto& model, const ImportOptions& options = {});

// The same model with f32 in place of half precision, by OpenCV's conversion.
void to_single_precision(::onnx::ModelProto& model);

// Reproducible values between -1 and 1.
Numbers random_numbers(std::size_t count, std::uint32_t seed);

// All outputs of the graph, by the reference backend, for random_numbers at each input.
std::vector<Numbers> run_reference(const Graph& graph);
// The first output of the file, by OpenCV, for the same numbers.
Numbers run_opencv(const std::string& file, const Shape& input);

// Largest difference, relative to the largest expected value.
float difference(const Numbers& actual, const Numbers& expected);

}  // namespace qbench::testing
