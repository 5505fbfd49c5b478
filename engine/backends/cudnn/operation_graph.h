// What cuDNN is asked to compute, as plain data: a convolution and the pointwise operations after
// it, over tensors with ids. Nothing here needs the library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

struct GraphTensor {
  std::int64_t id = 0;  // position in OperationGraph::tensors, from 1
  DType dtype = DType::f32;
  std::array<std::int64_t, 4> dims{};         // [N,C,H,W] of values, [K,C/groups,h,w] of weights
  std::array<std::int64_t, 4> strides{};      // elements
  bool is_virtual = false;                    // never in memory
  std::optional<float> value = std::nullopt;  // a number given by value
  int operand = -1;  // whose memory it is; -1: none, or the sums where they are the result
};

enum class PointwiseMode : std::uint8_t { identity, add, multiply, min, max, relu, sigmoid, tanh };

// f32 arithmetic.
struct PointwiseNode {
  PointwiseMode mode = PointwiseMode::identity;
  std::int64_t x = 0;  // ids of tensors
  std::int64_t b = 0;  // 0 where the mode takes one value
  std::int64_t y = 0;
  float slope = 0;  // relu: y = x < 0 ? slope * x : min(x, upper)
  std::optional<float> upper = std::nullopt;
};

struct OperationGraph {
  ConvolutionGeometry geometry;
  DType sum_dtype = DType::f32;  // s32 or f32: what products are summed in
  std::int64_t data = 0;         // ids of tensors
  std::int64_t weight = 0;
  std::int64_t sums = 0;
  std::vector<GraphTensor> tensors;
  std::vector<PointwiseNode> pointwise;  // in order

  const GraphTensor& operator[](std::int64_t id) const {
    return tensors[static_cast<std::size_t>(id - 1)];
  }
};

// All of it but the numbers given by value: what a kernel is made for. One line.
std::string to_text(const OperationGraph& graph);

// Whether the library computes every element of the result that is to be written: where the
// geometry has fewer channels than a pixel, it would leave the padding channels as they are.
bool fills_result(const ConvolutionGeometry& geometry, std::span<const View> operands);

// The whole work, which is not a depthwise one with channels_last values. `operands` as
// ConvolutionWork lists them.
OperationGraph fused_graph(const ConvolutionWork& work, std::span<const View> operands);

// The convolution alone: sums in the layout of the result; s32, f32, or f16 where values and result
// are, which rounds once more but is what the library has its best kernels for.
OperationGraph sums_graph(const ConvolutionWork& work, std::span<const View> operands);
Desc sums_desc(const ConvolutionWork& work, std::span<const View> operands);

}  // namespace qbench::cudnn
