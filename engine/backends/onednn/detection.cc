// MultiBoxDetection: the best score of every anchor in one pass over the scores in the order they
// lie, then work on the few anchors that score enough.
#include "engine/backends/onednn/detection.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/per_isa.h"

namespace qbench::onednn::kernels {
namespace {

// An anchor whose best class scores enough.
struct Candidate {
  float score = 0;
  std::int32_t anchor = 0;
};

constexpr std::int64_t kLanes = 16;
constexpr std::int64_t kTile = 256;  // anchors looked at together
constexpr std::int64_t kRow = 6;     // class, score, box
static_assert(sizeof(Candidate) == 2 * sizeof(float));
constexpr float kLowest = -std::numeric_limits<float>::infinity();

// In this form a comparison with NaN keeps what was there.
QBENCH_ALWAYS_INLINE float larger(float known, float value) {
  return value > known ? value : known;
}

// Sixteen floats that the compiler keeps in registers.
using Lanes [[gnu::vector_size(sizeof(float) * kLanes)]] = float;

QBENCH_ALWAYS_INLINE float largest(const float* values, std::int64_t count) {
  float best = kLowest;
  if (count < kLanes) {
    for (std::int64_t i = 0; i < count; ++i) best = larger(best, values[i]);
    return best;
  }
  Lanes lanes = kLowest - Lanes{};
  for (std::int64_t i = 0; i < count; i += kLanes) {
    Lanes next;
    std::memcpy(&next, values + std::min(i, count - kLanes), sizeof next);  // the last ones again
    lanes = next > lanes ? next : lanes;
  }
  const auto fold = [&](const Lanes& other) __attribute__((always_inline)) {
    lanes = other > lanes ? other : lanes;
  };
  fold(__builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  fold(__builtin_shufflevector(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  fold(__builtin_shufflevector(lanes, lanes, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  fold(__builtin_shufflevector(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  return lanes[0];
}

// The best score of each of `count` anchors: rows of `classes`, the first of which is left out.
QBENCH_ALWAYS_INLINE void best_of_rows(const float* rows, std::int64_t classes, std::int64_t count,
                                       float* best) {
  for (std::int64_t a = 0; a < count; ++a) best[a] = largest(rows + a * classes + 1, classes - 1);
}

// The same where the scores of a class lie side by side, those of the next class `stride` on.
QBENCH_ALWAYS_INLINE void best_of_columns(const float* columns, std::int64_t stride,
                                          std::int64_t classes, std::int64_t count, float* best) {
  for (std::int64_t a = 0; a < count; ++a) best[a] = kLowest;
  for (std::int64_t c = 1; c < classes; ++c) {
    const float* scores = columns + c * stride;
    for (std::int64_t a = 0; a < count; ++a) best[a] = larger(best[a], scores[a]);
  }
}

// The boxes that are kept, each number in a column of its own.
struct Columns {
  float* label;  // -1: suppressed
  float* xmin;
  float* ymin;
  float* xmax;
  float* ymax;
};

// Suppresses those after box `i` that overlap it too much.
QBENCH_ALWAYS_INLINE void suppress_after(const Columns& columns, std::int64_t i, std::int64_t count,
                                         float threshold, bool any_class) {
  const auto [label, xmin, ymin, xmax, ymax] = columns;
  const float area = (xmax[i] - xmin[i]) * (ymax[i] - ymin[i]);
  for (std::int64_t j = i + 1; j < count; ++j) {
    const float right = xmax[j] < xmax[i] ? xmax[j] : xmax[i];
    const float bottom = ymax[j] < ymax[i] ? ymax[j] : ymax[i];
    const float w = larger(0, right - larger(xmin[i], xmin[j]));
    const float h = larger(0, bottom - larger(ymin[i], ymin[j]));
    const float both = w * h;
    const float either = area + (xmax[j] - xmin[j]) * (ymax[j] - ymin[j]) - both;
    const float overlap = either <= 0 ? 0 : both / either;
    const bool rivals = any_class || label[j] == label[i];
    label[j] = rivals && overlap >= threshold ? -1 : label[j];
  }
}

// One image.
class Detector {
 public:
  Detector(const Detection& detection, const float* scores, const float* offsets,
           const float* anchors, float* scratch, float* out)
      : detection_(detection),
        scores_(scores),
        offsets_(offsets),
        anchors_(anchors),
        candidates_(reinterpret_cast<Candidate*>(scratch)),
        out_(out) {
    const std::int64_t n = detection.anchors;
    float* first = scratch + 2 * n;  // after the candidates
    columns_ = {first, first + n, first + 2 * n, first + 3 * n, first + 4 * n};
  }

  void run() {
    find_candidates();
    keep_best();
    for (std::int64_t i = 0; i < count_; ++i) decode(i);
    for (std::int64_t i = 0; i < count_; ++i) {
      if (columns_.label[i] < 0) continue;
      per_isa<suppress_after>(columns_, i, count_, detection_.op.nms_threshold,
                              detection_.op.force_suppress);
    }
    write();
  }

 private:
  void find_candidates() {
    float best[kTile];
    for (std::int64_t first = 0; first < detection_.anchors; first += kTile) {
      const std::int64_t tile = std::min(kTile, detection_.anchors - first);
      if (detection_.by_anchor) {
        per_isa<best_of_rows>(scores_ + first * detection_.classes, detection_.classes, tile, best);
      } else {
        per_isa<best_of_columns>(scores_ + first, detection_.anchors, detection_.classes, tile,
                                 best);
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

  void decode(std::int64_t i) const {
    const Candidate& candidate = candidates_[i];
    const float* anchor = anchors_ + std::int64_t{4} * candidate.anchor;
    const float* offset = offsets_ + std::int64_t{4} * candidate.anchor;
    const std::vector<float>& variances = detection_.op.variances;
    const float width = anchor[2] - anchor[0];
    const float height = anchor[3] - anchor[1];
    const float x = offset[0] * variances[0] * width + (anchor[0] + anchor[2]) / 2;
    const float y = offset[1] * variances[1] * height + (anchor[1] + anchor[3]) / 2;
    const float w = std::exp(offset[2] * variances[2]) * width / 2;
    const float h = std::exp(offset[3] * variances[3]) * height / 2;
    const auto side = [&](float value) {
      return detection_.op.clip ? std::clamp(value, 0.0F, 1.0F) : value;
    };
    columns_.label[i] = static_cast<float>(class_of(candidate));
    columns_.xmin[i] = side(x - w);
    columns_.ymin[i] = side(y - h);
    columns_.xmax[i] = side(x + w);
    columns_.ymax[i] = side(y + h);
  }

  void write() const {
    float* to = out_;
    for (std::int64_t i = 0; i < count_; ++i) {
      const auto [label, xmin, ymin, xmax, ymax] = columns_;
      for (const float value : {label[i], candidates_[i].score, xmin[i], ymin[i], xmax[i], ymax[i]})
        *to++ = value;
    }
    std::fill(to, out_ + detection_.anchors * kRow, -1.0F);
  }

  const Detection& detection_;
  const float* scores_;
  const float* offsets_;
  const float* anchors_;
  Candidate* candidates_;
  Columns columns_{};
  float* out_;
  std::int64_t count_ = 0;
};

}  // namespace

void detect(const Detection& detection, const float* scores, const float* offsets,
            const float* anchors, float* scratch, float* out) {
  parallel_for(detection.images, [&](std::int64_t n) {
    const std::int64_t first = n * detection.anchors;
    Detector(detection, scores + first * detection.classes, offsets + first * 4, anchors,
             scratch + first * kDetectionScratch, out + first * kRow)
        .run();
  });
}

}  // namespace qbench::onednn::kernels
