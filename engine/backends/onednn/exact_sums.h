// The sums of exact_convolution, before they are scaled.
#pragma once

#include <cstdint>

namespace qbench::onednn::kernels {

inline constexpr std::int64_t kExactOutputs = 16;  // computed together
inline constexpr std::int64_t kExactPixels = 6;

// Where the taps of a result lie in the widened image, in elements.
struct ExactTaps {
  std::int64_t rows, columns;
  std::int64_t row_step, column_step;  // from one tap to the next
  std::int64_t channels;               // of one tap; even
};

// Sums [count][kExactOutputs] of up to kExactPixels results, each from its first tap on, with a
// block of weights [rows][columns][channels / 2][..]: 32 weights of two channels, those of one
// output side by side where `pairs_weights()`, else those of one channel.
using ExactSums = void (*)(const ExactTaps& taps, const std::int8_t* weights,
                           const std::int16_t* const* pixels, std::int64_t count,
                           std::int32_t* sums);
ExactSums exact_sums();  // as isa() says
bool pairs_weights();

// Sums of `width` channels with one weight each. Data and weights are at the window's first tap
// inside of the image, weights [..][columns of the kernel][width of a tap].
struct DepthwiseWindow {
  std::int64_t rows, columns;                        // of taps inside of the image
  std::int64_t row_step, column_step;                // of the data, bytes
  std::int64_t weight_row_step, weight_column_step;  // bytes
};
void depthwise_sums(const DepthwiseWindow& window, const std::uint8_t* data,
                    const std::int8_t* weights, std::int64_t width, std::int32_t* sums);
void depthwise_sums(const DepthwiseWindow& window, const std::int8_t* data,
                    const std::int8_t* weights, std::int64_t width, std::int32_t* sums);

}  // namespace qbench::onednn::kernels
