// Kernels that compute each element of the result from those at the same place.
#pragma once

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/work.h"

namespace qbench::cudnn::kernels {

template <int W>
struct Convert {
  Walk<2> walk;  // result, data
  Target result;
  Source data;
  const float* data_scales;    // or null
  const float* result_scales;  // or null
  float ratio;
  float unit;
  ActivationSpec activation;

  QBENCH_HD float factor(std::int64_t image) const {
    if (data_scales == result_scales) return ratio;
    float product = ratio;
    if (data_scales != nullptr) product *= data_scales[image];
    if (result_scales != nullptr) product *= 1 / result_scales[image];
    return product;
  }

  QBENCH_HD void operator()(std::int64_t i) const {
    const Place<2> at = walk.at(i);
    const std::int64_t real = result.real_lanes(at.channel);
    const float times = factor(at.image);
    const float step = result_scales != nullptr ? result_scales[at.image] : unit;
    float x[W];
    data.read<W>(at.offset[1], real, x);
    for (int k = 0; k < W; ++k) x[k] = activate(activation, x[k] * times, step);
    result.write<W>(at.offset[0], real, x);
  }
};

template <int W>
struct PerChannel {
  Walk<2> walk;  // result, data
  Target result;
  Source data;
  const float* scale;  // or null, like the others
  const float* shift;
  const float* slope;

  QBENCH_HD float compute(float x, std::int64_t c) const {
    const float scaled = scale != nullptr ? scale[c] * x : x;
    const float v = shift != nullptr ? scaled + shift[c] : scaled;
    return slope != nullptr && v < 0 ? slope[c] * v : v;
  }

  QBENCH_HD void operator()(std::int64_t i) const {
    const Place<2> at = walk.at(i);
    const std::int64_t real = result.real_lanes(at.channel);
    float x[W];
    data.read<W>(at.offset[1], real, x);
    for (int k = 0; k < W; ++k) {
      if (k < real) x[k] = compute(x[k], at.channel + (result.lanes_are_channels ? k : 0));
    }
    result.write<W>(at.offset[0], real, x);
  }
};

template <int W>
struct Binary {
  Walk<3> walk;  // result, a, b
  Target result;
  Source a;
  Source b;
  BinaryKind kind;
  float ratio_a;
  float ratio_b;
  float unit;
  ActivationSpec activation;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Place<3> at = walk.at(i);
    const std::int64_t real = result.real_lanes(at.channel);
    float x[W];
    float y[W];
    a.read<W>(at.offset[1], real, x);
    b.read<W>(at.offset[2], real, y);
    for (int k = 0; k < W; ++k) {
      const float both = kind == BinaryKind::add ? x[k] * ratio_a + y[k] * ratio_b : x[k] * y[k];
      x[k] = activate(activation, both, unit);
    }
    result.write<W>(at.offset[0], real, x);
  }
};

}  // namespace qbench::cudnn::kernels
