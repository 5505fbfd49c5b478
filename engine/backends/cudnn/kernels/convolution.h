// Convolutions by plain loops, and the end of those whose sums lie in memory.
#pragma once

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/work.h"

namespace qbench::cudnn::kernels {

struct Epilogue {
  const float* multiplier;  // or null, like the others
  const float* bias;
  const float* scales;
  float residual_ratio;
  float unit;
  ActivationSpec activation;

  QBENCH_HD float operator()(float sum, float residual, std::int64_t image, std::int64_t k) const {
    float factor = multiplier != nullptr ? multiplier[k] : 1.0F;
    if (scales != nullptr) factor *= scales[image];
    float y = factor * sum;
    if (bias != nullptr) y += bias[k];
    y += residual_ratio * residual;
    return activate(activation, y, unit);
  }
};

// Sums, result and residual lie alike.
template <int W>
struct Finish {
  Walk<1> walk;
  Target result;
  const std::byte* sums;
  DType sums_dtype;
  const std::byte* residual;  // or null
  DType residual_dtype;
  Epilogue end;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Place<1> at = walk.at(i);
    const std::int64_t real = result.real_lanes(at.channel);
    float x[W];
    float r[W] = {};
    load<W>(sums, sums_dtype, at.offset[0], x);
    if (residual != nullptr) load<W>(residual, residual_dtype, at.offset[0], r);
    for (int k = 0; k < W; ++k) {
      const std::int64_t channel = at.channel + (result.lanes_are_channels ? k : 0);
      if (k < real) x[k] = end(x[k], r[k], at.image, channel);
    }
    result.write<W>(at.offset[0], real, x);
  }
};

// s8 sums are integers, exact; others f32.
template <class T>
struct SumOf {
  using Type = float;
};
template <>
struct SumOf<std::int8_t> {
  using Type = std::int32_t;
};

QBENCH_HD inline std::int32_t multiply_add(std::int32_t sum, std::int8_t a, std::int8_t b) {
  return sum + std::int32_t{a} * std::int32_t{b};
}
template <class T>
QBENCH_HD float multiply_add(float sum, T a, T b) {
  return sum + to_float(a) * to_float(b);
}

// Strides in elements, of N, C, H, W.
struct Strides4d {
  std::int64_t n, c, h, w;
};

struct Window {
  Extent2d in, kernel, stride, dilation, padding;
};

// One element of the result for each index.
template <class T>
struct DirectConvolution {
  const T* data;
  const T* weight;
  std::byte* result;
  const std::byte* residual;  // or null; lies as the result does
  DType dtype;                // of result and residual
  bool channels_last;
  Strides4d in;
  Strides4d weights;  // of K, C, rows, columns
  Strides4d out;
  Window window;
  Extent2d extent;               // of the result
  std::int64_t stored_channels;  // of the result, those that pad it included
  std::int64_t group_inputs;     // channels of one group
  std::int64_t group_outputs;
  std::int64_t real_channels;  // of the result
  Epilogue end;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t rest = i;
    std::int64_t k = 0;
    if (channels_last) k = split(rest, stored_channels);
    const std::int64_t x = split(rest, extent.w);
    const std::int64_t y = split(rest, extent.h);
    if (!channels_last) k = split(rest, stored_channels);
    const std::int64_t at = rest * out.n + k * out.c + y * out.h + x * out.w;
    float value = 0;
    if (k < real_channels) {
      const float added = residual != nullptr ? load(residual, dtype, at) : 0;
      value = end(sum(rest, k, y, x), added, rest, k);
    }
    store(result, dtype, at, value);
  }

  QBENCH_HD float sum(std::int64_t n, std::int64_t k, std::int64_t y, std::int64_t x) const {
    typename SumOf<T>::Type total = 0;
    const T* image = data + n * in.n + k / group_outputs * group_inputs * in.c;
    for (std::int64_t ky = 0; ky < window.kernel.h; ++ky) {
      const std::int64_t row = y * window.stride.h + ky * window.dilation.h - window.padding.h;
      if (row < 0 || row >= window.in.h) continue;
      for (std::int64_t kx = 0; kx < window.kernel.w; ++kx) {
        const std::int64_t column = x * window.stride.w + kx * window.dilation.w - window.padding.w;
        if (column < 0 || column >= window.in.w) continue;
        const T* from = image + row * in.h + column * in.w;
        const T* w = weight + k * weights.n + ky * weights.h + kx * weights.w;
        for (std::int64_t c = 0; c < group_inputs; ++c) {
          total = multiply_add(total, from[c * in.c], w[c * weights.c]);
        }
      }
    }
    return to_float(total);
  }
};

// Channels last, one group for each channel, weights [kh, kw, K]: W channels for each index.
template <class T, int W>
struct Depthwise {
  const T* data;
  const T* weight;
  std::byte* result;
  const std::byte* residual;  // or null
  DType dtype;                // of result and residual
  std::int64_t channels;      // stored, the same of data, weights and result
  Extent2d out;
  Window window;
  Epilogue end;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t rest = i;
    const std::int64_t c = split(rest, channels / W) * W;
    const std::int64_t x = split(rest, out.w);
    const std::int64_t y = split(rest, out.h);
    typename SumOf<T>::Type sums[W] = {};
    accumulate(rest, c, y, x, sums);
    float added[W] = {};
    if (residual != nullptr) load<W>(residual, dtype, i * W, added);
    float values[W];
    for (int k = 0; k < W; ++k) values[k] = end(to_float(sums[k]), added[k], rest, c + k);
    store<W>(result, dtype, i * W, values);
  }

  QBENCH_HD void accumulate(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x,
                            typename SumOf<T>::Type* sums) const {
    for (std::int64_t ky = 0; ky < window.kernel.h; ++ky) {
      const std::int64_t row = y * window.stride.h + ky * window.dilation.h - window.padding.h;
      if (row < 0 || row >= window.in.h) continue;
      for (std::int64_t kx = 0; kx < window.kernel.w; ++kx) {
        const std::int64_t column = x * window.stride.w + kx * window.dilation.w - window.padding.w;
        if (column < 0 || column >= window.in.w) continue;
        const T* from = data + ((n * window.in.h + row) * window.in.w + column) * channels + c;
        const T* taps = weight + (ky * window.kernel.w + kx) * channels + c;
        const Pack<T, W> values = *reinterpret_cast<const Pack<T, W>*>(from);
        const Pack<T, W> w = *reinterpret_cast<const Pack<T, W>*>(taps);
        for (int k = 0; k < W; ++k) sums[k] = multiply_add(sums[k], values.lane[k], w.lane[k]);
      }
    }
  }
};

}  // namespace qbench::cudnn::kernels
