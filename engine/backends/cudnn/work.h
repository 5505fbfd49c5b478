// What a step does: a struct of parameters for each kind of work. Numbers only: the same struct is
// read by the kernels of device/ and by the host.
//
// Scales. A quantized value is q with real = scale * q. A `ratio` is scale_in / scale_out. Where a
// scale is found at run time, the view's `scales` has one for each image and the ratio is 1.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "engine/graph/op.h"

namespace qbench::cudnn {

// Sizes of a convolution as it is computed: channels_last values count their padding channels, and
// weights have zeros there. Cross-correlation.
struct ConvolutionGeometry {
  std::int64_t images = 1;
  std::int64_t in_channels = 1;   // of all groups
  std::int64_t out_channels = 1;  // of all groups
  std::int64_t groups = 1;
  Extent2d in;
  Extent2d out;
  Extent2d kernel;
  Extent2d stride;
  Extent2d dilation;
  Extent2d padding;  // the same on opposite sides; another padding is a PadWork before

  bool operator==(const ConvolutionGeometry&) const = default;
};

// f32: IEEE single precision throughout. tf32: f32 values, products of 10-bit mantissas. f16: f16
// values, f32 sums. s8: s32 sums.
enum class Arithmetic : std::uint8_t { f32, tf32, f16, s8 };

// Operands: data, weight [K, kh, kw, C/groups] (channels_last values) or [K, C/groups, kh, kw]
// (row_major values), result, [multiplier f32 [K]], [bias f32 [K]], [residual like the result].
// y = activation(multiplier[k] * scales[n] * sum + bias[k] + residual_ratio * residual), in the
// result's units; scales[n]: of the data where it is dynamic, else 1.
struct ConvolutionWork {
  ConvolutionGeometry geometry;
  Arithmetic arithmetic = Arithmetic::f32;
  float residual_ratio = 1;
  ActivationSpec activation;
  float unit = 1;  // the result's scale; 1 where it is real
};

// The other kinds of work follow here.

using Work = std::variant<ConvolutionWork>;

}  // namespace qbench::cudnn
