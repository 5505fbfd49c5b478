// MultiBoxDetection: the best score of every anchor in one pass over the scores in the order they
// lie, then work on the few anchors that score enough.
#include "engine/backends/onednn/detection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/vector_clones.h"

namespace qbench::onednn::kernels {
namespace {

constexpr std::int64_t kLanes = 16;
constexpr std::int64_t kTile = 256;  // anchors looked at together
constexpr std::int64_t kRow = 6;     // class, score, box
constexpr float kLowest = -std::numeric_limits<float>::infinity();

// In this form a comparison with NaN keeps what was there.
QBENCH_ALWAYS_INLINE float larger(float known, float value) {
  return value > known ? value : known;
}

QBENCH_ALWAYS_INLINE float largest(const float* values, std::int64_t count) {
  float best = kLowest;
  if (count < kLanes) {
    for (std::int64_t i = 0; i < count; ++i) best = larger(best, values[i]);
    return best;
  }
  float lanes[kLanes];
  for (float& lane : lanes) lane = kLowest;
  const auto add = [&](const float* from) __attribute__((always_inline)) {
    for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] = larger(lanes[l], from[l]);
  };
  for (std::int64_t i = 0; i + kLanes <= count; i += kLanes) add(values + i);
  add(values + count - kLanes);  // the rest, and some once more
  for (const float lane : lanes) best = larger(best, lane);
  return best;
}

// The best score of each of `count` anchors: rows of `classes`, the first of which is left out.
QBENCH_VECTOR_CLONES void best_of_rows(const float* rows, std::int64_t classes, std::int64_t count,
                                       float* best) {
  for (std::int64_t a = 0; a < count; ++a) best[a] = largest(rows + a * classes + 1, classes - 1);
}

// The same where the scores of a class lie side by side, those of the next class `stride` on.
QBENCH_VECTOR_CLONES void best_of_columns(const float* columns, std::int64_t stride,
                                          std::int64_t classes, std::int64_t count, float* best) {
  for (std::int64_t a = 0; a < count; ++a) best[a] = kLowest;
  for (std::int64_t c = 1; c < classes; ++c) {
    const float* scores = columns + c * stride;
    for (std::int64_t a = 0; a < count; ++a) best[a] = larger(best[a], scores[a]);
  }
}

// One image.
class Detector {
 public:
  Detector(const Detection& detection, const float* scores, const float* offsets,
           const float* anchors, Candidate* candidates, float* out)
      : detection_(detection),
        scores_(scores),
        offsets_(offsets),
        anchors_(anchors),
        candidates_(candidates),
        out_(out) {}

  void run() {
    find_candidates();
    keep_best();
    for (std::int64_t i = 0; i < count_; ++i) write(candidates_[i], out_ + i * kRow);
    suppress();
    std::fill(out_ + count_ * kRow, out_ + detection_.anchors * kRow, -1.0F);
  }

 private:
  void find_candidates() {
    float best[kTile];
    for (std::int64_t first = 0; first < detection_.anchors; first += kTile) {
      const std::int64_t tile = std::min(kTile, detection_.anchors - first);
      if (detection_.by_anchor) {
        best_of_rows(scores_ + first * detection_.classes, detection_.classes, tile, best);
      } else {
        best_of_columns(scores_ + first, detection_.anchors, detection_.classes, tile, best);
      }
      for (std::int64_t a = 0; a < tile; ++a) {
        const bool found = best[a] >= detection_.op.threshold && best[a] > kLowest;
        if (found) candidates_[count_++] = {best[a], static_cast<std::int32_t>(first + a)};
      }
    }
  }

  void keep_best() {
    const auto before = [](const Candidate& a, const Candidate& b) {
      return a.score > b.score || (a.score == b.score && a.anchor < b.anchor);
    };
    const std::int64_t top_k = detection_.op.top_k;
    if (top_k > 0 && count_ > top_k) {
      std::nth_element(candidates_, candidates_ + top_k, candidates_ + count_, before);
      count_ = top_k;
    }
    std::sort(candidates_, candidates_ + count_, before);
  }

  // The first class with this score, without the background.
  std::int64_t class_of(const Candidate& candidate) const {
    const std::int64_t step = detection_.by_anchor ? 1 : detection_.anchors;
    const float* score =
        scores_ + candidate.anchor * (detection_.by_anchor ? detection_.classes : 1) + step;
    std::int64_t found = 0;
    while (score[found * step] != candidate.score) ++found;
    return found;
  }

  void write(const Candidate& candidate, float* row) const {
    const float* anchor = anchors_ + std::int64_t{4} * candidate.anchor;
    const float* offset = offsets_ + std::int64_t{4} * candidate.anchor;
    const std::vector<float>& variances = detection_.op.variances;
    const float width = anchor[2] - anchor[0];
    const float height = anchor[3] - anchor[1];
    const float x = offset[0] * variances[0] * width + (anchor[0] + anchor[2]) / 2;
    const float y = offset[1] * variances[1] * height + (anchor[1] + anchor[3]) / 2;
    const float w = std::exp(offset[2] * variances[2]) * width / 2;
    const float h = std::exp(offset[3] * variances[3]) * height / 2;
    row[0] = static_cast<float>(class_of(candidate));
    row[1] = candidate.score;
    const float box[] = {x - w, y - h, x + w, y + h};
    for (int i = 0; i < 4; ++i) {
      row[2 + i] = detection_.op.clip ? std::clamp(box[i], 0.0F, 1.0F) : box[i];
    }
  }

  static float overlap(const float* a, const float* b) {
    const float w = std::max(0.0F, std::min(a[2], b[2]) - std::max(a[0], b[0]));
    const float h = std::max(0.0F, std::min(a[3], b[3]) - std::max(a[1], b[1]));
    const float both = w * h;
    const float either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
    return either <= 0 ? 0 : both / either;
  }

  void suppress() {
    const bool any_class = detection_.op.force_suppress;
    for (std::int64_t i = 0; i < count_; ++i) {
      const float* better = out_ + i * kRow;
      if (better[0] < 0) continue;
      for (std::int64_t j = i + 1; j < count_; ++j) {
        float* row = out_ + j * kRow;
        if (!any_class && row[0] != better[0]) continue;
        if (overlap(better + 2, row + 2) >= detection_.op.nms_threshold) row[0] = -1;
      }
    }
  }

  const Detection& detection_;
  const float* scores_;
  const float* offsets_;
  const float* anchors_;
  Candidate* candidates_;
  float* out_;
  std::int64_t count_ = 0;
};

}  // namespace

void detect(const Detection& detection, const float* scores, const float* offsets,
            const float* anchors, Candidate* candidates, float* out) {
  parallel_for(detection.images, [&](std::int64_t n) {
    const std::int64_t first = n * detection.anchors;
    Detector(detection, scores + first * detection.classes, offsets + first * 4, anchors,
             candidates + first, out + first * kRow)
        .run();
  });
}

}  // namespace qbench::onednn::kernels
