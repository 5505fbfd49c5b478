// What a step does: a struct of parameters for each kind of work. Numbers only: the same struct is
// read by the kernels of device/ and by the host.
//
// Operands are given by position. An optional one, in brackets, that is absent has buffer -1; those
// after the last that is present may be missing altogether. f32 vectors are row-major.
//
// Scales. A quantized value is q with real = scale * q. A `ratio` is scale_in / scale_out. Where a
// scale is found at run time, a `scales` operand has one for each image and the ratio is 1.
//
// Padding channels. Whoever writes a channels_last value writes finite numbers there.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "engine/backends/cudnn/layout.h"
#include "engine/graph/op.h"

namespace qbench::cudnn {

// Sizes of a convolution as it is computed: channels_last values count their padding channels, and
// weights have zeros there. Only where groups do not divide the padded channels (grouped, not
// depthwise) the channels are the real ones: compare with the operands' Desc::channels.
// Cross-correlation.
struct ConvolutionGeometry {
  std::int64_t images = 1;
  std::int64_t in_channels = 1;   // of all groups
  std::int64_t out_channels = 1;  // of all groups
  std::int64_t groups = 1;
  Extent2d in{};
  Extent2d out{};
  Extent2d kernel{};
  Extent2d stride{};
  Extent2d dilation{};
  Extent2d padding{0, 0};  // the same on opposite sides; another padding is a PadWork before

  bool operator==(const ConvolutionGeometry&) const = default;
};

inline bool is_depthwise(const ConvolutionGeometry& g) {
  return g.groups > 1 && g.groups == g.in_channels && g.groups == g.out_channels;
}

// f32: IEEE single precision throughout. tf32: f32 values, products of 10-bit mantissas. f16: f16
// values, f32 sums. s8: s32 sums.
enum class Arithmetic : std::uint8_t { f32, tf32, f16, s8 };

// Operands: data, weight [K, kh, kw, C/groups] (channels_last values) or [K, C/groups, kh, kw]
// (row_major values), result, [multiplier f32 [K]], [bias f32 [K]], [residual like the result],
// [scales f32 [N], of the data], [bias f16 [K]: the same once more, where data and result are f16].
// y = activation(multiplier[k] * scales[n] * sum + bias[k] + residual_ratio * residual), in the
// result's units: quantized results are rounded and saturated. Data and result are rank 4 in the
// same layout; the result may be of another element type than the data (s8 to f32 or f16). The
// residual is never the result's own memory. A FullyConnected layer is a 1 x 1 convolution.
// Depthwise with channels_last values: left to dispatch's own loop, and the weight is [kh, kw, K].
struct ConvolutionWork {
  ConvolutionGeometry geometry;
  Arithmetic arithmetic = Arithmetic::f32;
  float residual_ratio = 1;
  ActivationSpec activation{};
  float unit = 1;  // the result's scale; 1 where it is real
};

// The end of a convolution whose sums lie in memory, as above. Never in a plan: for a device whose
// library stops at the sums.
// Operands: sums s32, f32 or f16 in the result's layout, result, [multiplier], [bias], [residual],
// [scales]. The sums may be the result's own memory where both are of one type.
struct EpilogueWork {
  float residual_ratio = 1;
  ActivationSpec activation{};
  float unit = 1;
};

// Any element type and layout to any; activations, transposes and concatenations are some with
// more to say.
// Operands: data, result, [data_scales f32 [N]], [result_scales f32 [N]].
// y = activation(data_scales[n] * ratio * x / result_scales[n]); both scales the same buffer where
// a dynamic value stays one. Result axis i is data axis axes[i]; along `axis` the data begins at
// index `offset` of the result, the rest of which is left as it is.
struct ConvertWork {
  float ratio = 1;
  ActivationSpec activation{};
  float unit = 1;  // the result's scale where it is known; result_scales[n] otherwise
  std::array<std::int32_t, kMaxRank> axes{0, 1, 2, 3, 4, 5};
  std::int32_t axis = 0;
  std::int64_t offset = 0;
};

// The scale of each image to quantize it to s8: max |x| / 127, and 1 for an image of zeros.
// Operands: data f32 or f16, scales f32 [N], partial f32 [N * (first + second)].
// Maxima of `first` parts of an image, of `second` groups of those, of the image.
struct RangeWork {
  std::int64_t first = 1;
  std::int64_t second = 1;  // at most first
};

// Operands: data, result, [scale f32 [C]], [shift f32 [C]], [slope f32 [C]]; C: axis 1, any rank.
// v = scale[c] * x + shift[c]; y = v < 0 ? slope[c] * v : v. BatchNorm, PRelu.
struct ChannelWork {};

enum class BinaryKind : std::uint8_t { add, multiply };

// Operands: a, b, result; a and b broadcast to the result as numpy does.
// y = activation(ratio_a * a + ratio_b * b), or activation(a * b).
struct BinaryWork {
  BinaryKind kind = BinaryKind::add;
  float ratio_a = 1;
  float ratio_b = 1;
  ActivationSpec activation{};
  float unit = 1;  // the result's scale; 1 where it is real
};

// Operands: data, result, [partial f32 [N * stored channels * rows of the data * columns of the
// result]]; data and result are of rank 4 and alike but for rows and columns. With `partial` the
// windows are computed in two stages. y = ratio * (max or sum / count).
struct PoolWork {
  PoolKind kind = PoolKind::max;
  Extent2d kernel{};
  Extent2d stride{};
  Padding2d padding{};
  bool count_include_pad = true;
  float ratio = 1;
};

// Operands: data, result, [scales f32 [N], of both]; rank 4 and alike but for rows and columns.
// y = ratio * x inside; outside value / scales[n], the value in the result's units.
struct PadWork {
  std::int64_t top = 0;
  std::int64_t left = 0;
  float value = 0;
  float ratio = 1;
};

enum class NormalizeKind : std::uint8_t { softmax, l2 };

// Operands: data, result, partial f32 [elements of the axes not reduced * parts * 2].
// Over the axes of `reduced` (bit i: axis i) together: exp(x - max) / sum of those, or
// x / sqrt(sum of x^2 + epsilon). Each sum is made of `parts` partial ones. The result has no
// padding channels.
struct NormalizeWork {
  NormalizeKind kind = NormalizeKind::softmax;
  std::uint32_t reduced = 2;
  std::int64_t parts = 1;
  float epsilon = 0;
};

// Operands: data, result. Across axis 1: x / (bias + alpha / size * sum of x^2 around)^beta.
struct LrnWork {
  std::int64_t size = 5;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float bias = 2;
};

// MultiBoxDetection. Operands, all f32 row-major: scores [N,C,A], offsets [N,4*A], anchors [4*A],
// result [N,A,6], workspace of DetectionSizes(...).words elements (kernels/detection.h).
struct DetectionWork {
  std::int64_t images = 1;
  std::int64_t classes = 2;
  std::int64_t anchors = 1;
  bool clip = true;
  bool force_suppress = false;
  float threshold = 0.01F;
  float nms_threshold = 0.5F;
  std::int64_t top_k = -1;
  std::array<float, 4> variances{0.1F, 0.1F, 0.2F, 0.2F};
};

using Work = std::variant<ConvolutionWork, EpilogueWork, ConvertWork, RangeWork, ChannelWork,
                          BinaryWork, PoolWork, PadWork, NormalizeWork, LrnWork, DetectionWork>;

}  // namespace qbench::cudnn
