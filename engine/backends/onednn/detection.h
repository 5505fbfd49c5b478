// The own kernel behind MultiBoxDetection.
#pragma once

#include <cstdint>

#include "engine/graph/op.h"

namespace qbench::onednn::kernels {

struct Detection {
  MultiBoxDetection op;
  std::int64_t images = 1;
  std::int64_t classes = 2;  // with the background
  std::int64_t anchors = 1;
  bool by_anchor = false;  // scores lie [images][anchors][classes], else [images][classes][anchors]
};

inline constexpr std::int64_t kDetectionScratch = 7;

// offsets [images][anchors][4], anchors [anchors][4], out [images][anchors][6]; `scratch`:
// kDetectionScratch floats for each anchor of each image.
void detect(const Detection& detection, const float* scores, const float* offsets,
            const float* anchors, float* scratch, float* out);

}  // namespace qbench::onednn::kernels
