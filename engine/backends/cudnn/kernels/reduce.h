// Kernels that take many elements together: ranges, softmax, norms. In stages, so that a GPU has
// enough threads even for a single image.
#pragma once

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/work.h"

namespace qbench::cudnn::kernels {

// Largest magnitude of part p of image n, elements p, p + parts, ...; NaN does not count.
struct PartialMaximum {
  Walk<1> walk;  // data, channel axis set
  const std::byte* data;
  DType dtype;
  std::int64_t image_elements;  // padding channels included
  std::int64_t channels;        // real ones
  std::int64_t parts;
  float* maxima;  // [N, parts]

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t image = i;
    const std::int64_t part = split(image, parts);
    float largest = 0;
    for (std::int64_t j = part; j < image_elements; j += parts) {
      const Place<1> at = walk.at(image * image_elements + j);
      if (at.channel >= channels) continue;
      const float magnitude = fabsf(load(data, dtype, at.offset[0]));
      if (magnitude > largest) largest = magnitude;
    }
    maxima[i] = largest;
  }
};

struct GroupMaximum {
  const float* from;  // [N, parts]
  std::int64_t parts;
  std::int64_t groups;
  float* to;  // [N, groups]
  // The last stage turns each image's maximum into its scale.
  bool is_scale;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t image = i;
    const std::int64_t group = split(image, groups);
    float largest = 0;
    for (std::int64_t j = group; j < parts; j += groups) {
      const float value = from[image * parts + j];
      if (value > largest) largest = value;
    }
    to[i] = is_scale ? scale(largest) : largest;
  }

  // As scale_for of engine/core/quant_params.h.
  QBENCH_HD static float scale(float largest) {
    if (largest == 0) return 1;
    const float found = largest / 127.0F;
    return found < 1e-18F ? 1e-18F : found;
  }
};

// Axes that stay and axes that are reduced, each list in memory order.
struct Reduction {
  Walk<2> kept;     // data, result
  Walk<2> reduced;  // data, result
  std::int64_t length;
  std::int64_t parts;
  const std::byte* data;
  DType dtype;
  NormalizeKind kind;
  float* partial;  // [groups, parts, 2]: softmax largest and sum, l2 unused and sum
};

struct PartialSum {
  Reduction r;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t group = i;
    const std::int64_t part = split(group, r.parts);
    const std::int64_t first = r.kept.at(group).offset[0];
    const auto value = [&](std::int64_t j) {
      return load(r.data, r.dtype, first + r.reduced.at(j).offset[0]);
    };
    float largest = -INFINITY;
    float sum = 0;
    if (r.kind == NormalizeKind::softmax) {
      for (std::int64_t j = part; j < r.length; j += r.parts) largest = fmaxf(largest, value(j));
    }
    for (std::int64_t j = part; j < r.length; j += r.parts) {
      const float x = value(j);
      sum += r.kind == NormalizeKind::softmax ? expf(x - largest) : x * x;
    }
    r.partial[2 * i] = largest;
    r.partial[2 * i + 1] = sum;
  }
};

struct Normalized {
  Reduction r;
  std::byte* result;
  DType result_dtype;
  float epsilon;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t group = i;
    const std::int64_t j = split(group, r.length);
    const Place<2> outer = r.kept.at(group);
    const Place<2> inner = r.reduced.at(j);
    const float x = load(r.data, r.dtype, outer.offset[0] + inner.offset[0]);
    const float* partial = r.partial + 2 * r.parts * group;
    const float y = r.kind == NormalizeKind::softmax ? softmax(x, partial) : unit(x, partial);
    store(result, result_dtype, outer.offset[1] + inner.offset[1], y);
  }

  QBENCH_HD float softmax(float x, const float* partial) const {
    float largest = partial[0];
    for (std::int64_t p = 1; p < r.parts; ++p) largest = fmaxf(largest, partial[2 * p]);
    float sum = 0;
    for (std::int64_t p = 0; p < r.parts; ++p) {
      sum += partial[2 * p + 1] * expf(partial[2 * p] - largest);
    }
    return expf(x - largest) / sum;
  }

  QBENCH_HD float unit(float x, const float* partial) const {
    float sum = epsilon;
    for (std::int64_t p = 0; p < r.parts; ++p) sum += partial[2 * p + 1];
    return x / sqrtf(sum);
  }
};

struct LocalResponse {
  Walk<2> walk;  // result, data; channel axis set
  Target result;
  Source data;
  std::int64_t channels;        // real ones
  std::int64_t channel_stride;  // of the data
  LrnWork work;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Place<2> at = walk.at(i);
    float y = 0;
    if (at.channel < channels) {
      const std::int64_t half = work.size / 2;
      float sum = 0;
      for (std::int64_t d = -half; d <= half; ++d) {
        if (at.channel + d < 0 || at.channel + d >= channels) continue;
        const float v = load(data.data, data.dtype, at.offset[1] + d * channel_stride);
        sum += v * v;
      }
      const float base = work.bias + work.alpha / static_cast<float>(work.size) * sum;
      y = load(data.data, data.dtype, at.offset[1]) * powf(base, -work.beta);
    }
    store(result.data, result.dtype, at.offset[0], y);
  }
};

}  // namespace qbench::cudnn::kernels
