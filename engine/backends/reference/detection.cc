// The ends of a single-shot detector, box by box.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "engine/backends/reference/kernels.h"
#include "engine/graph/default_boxes.h"

namespace qbench::reference {
namespace {

struct Box {
  float xmin, ymin, xmax, ymax;
};

struct Found {
  float label;  // -1: suppressed
  float score;
  Box box;
};

float overlap(const Box& a, const Box& b) {
  const float w = std::max(0.0F, std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin));
  const float h = std::max(0.0F, std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin));
  const float both = w * h;
  const float either =
      (a.xmax - a.xmin) * (a.ymax - a.ymin) + (b.xmax - b.xmin) * (b.ymax - b.ymin) - both;
  return either <= 0 ? 0 : both / either;
}

Box decode(std::span<const float> anchor, std::span<const float> offset,
           const MultiBoxDetection& op) {
  const float width = anchor[2] - anchor[0];
  const float height = anchor[3] - anchor[1];
  const float x = offset[0] * op.variances[0] * width + (anchor[0] + anchor[2]) / 2;
  const float y = offset[1] * op.variances[1] * height + (anchor[1] + anchor[3]) / 2;
  const float w = std::exp(offset[2] * op.variances[2]) * width / 2;
  const float h = std::exp(offset[3] * op.variances[3]) * height / 2;
  Box box{x - w, y - h, x + w, y + h};
  if (op.clip) {
    for (float* side : {&box.xmin, &box.ymin, &box.xmax, &box.ymax}) {
      *side = std::clamp(*side, 0.0F, 1.0F);
    }
  }
  return box;
}

void suppress(std::vector<Found>& found, const MultiBoxDetection& op) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].label < 0) continue;
    for (std::size_t j = i + 1; j < found.size(); ++j) {
      const bool rivals = op.force_suppress || found[j].label == found[i].label;
      if (rivals && overlap(found[i].box, found[j].box) >= op.nms_threshold) found[j].label = -1;
    }
  }
}

}  // namespace

void evaluate(const MultiBoxPrior& op, Operands in, const Result& out, Scratch&) {
  write_default_boxes(op, in[0].type.shape, out.data.data<float>());
}

void evaluate(const MultiBoxDetection& op, Operands in, const Result& out, Scratch&) {
  const auto images = static_cast<std::size_t>(in[0].type.shape[0]);
  const auto classes = static_cast<std::size_t>(in[0].type.shape[1]);
  const auto anchors = static_cast<std::size_t>(in[0].type.shape[2]);
  std::ranges::fill(out.data.data<float>(), -1.0F);
  for (std::size_t n = 0; n < images; ++n) {
    const auto scores = in[0].data.data<float>().subspan(n * classes * anchors);
    std::vector<Found> found;
    for (std::size_t a = 0; a < anchors; ++a) {
      std::size_t best = 0;  // the background: none yet
      float score = -std::numeric_limits<float>::infinity();
      for (std::size_t c = 1; c < classes; ++c) {
        if (scores[c * anchors + a] > score) score = scores[(best = c) * anchors + a];
      }
      if (best == 0 || !(score >= op.threshold)) continue;
      found.push_back({static_cast<float>(best - 1), score,
                       decode(in[2].data.data<float>().subspan(a * 4),
                              in[1].data.data<float>().subspan((n * anchors + a) * 4), op)});
    }
    std::ranges::stable_sort(found, std::greater(), &Found::score);
    if (op.top_k > 0 && std::cmp_greater(found.size(), op.top_k)) {
      found.resize(static_cast<std::size_t>(op.top_k));
    }
    suppress(found, op);
    auto to = out.data.data<float>().begin() + static_cast<std::ptrdiff_t>(n * anchors * 6);
    for (const Found& f : found) {
      for (float v : {f.label, f.score, f.box.xmin, f.box.ymin, f.box.xmax, f.box.ymax}) *to++ = v;
    }
  }
}

}  // namespace qbench::reference
