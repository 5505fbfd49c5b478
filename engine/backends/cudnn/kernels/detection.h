// MultiBoxDetection in stages that need no thread to wait for another: decode, rank by counting,
// put in order, compare all pairs, then one pass of bits for each image.
#pragma once

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/work.h"

namespace qbench::cudnn::kernels {

inline constexpr std::int64_t kRankParts = 16;  // that a rank is counted in
inline constexpr std::int64_t kRow = 6;         // label, score, xmin, ymin, xmax, ymax

struct DetectionSizes {
  std::int64_t images, anchors;
  std::int64_t limit;       // boxes of an image that may be kept
  std::int64_t mask_words;  // of 64 bits, one for each of them

  explicit DetectionSizes(const DetectionWork& work)
      : images(work.images),
        anchors(work.anchors),
        limit(work.top_k > 0 && work.top_k < work.anchors ? work.top_k : work.anchors),
        mask_words((limit + 63) / 64) {}

  // f32 elements of the workspace.
  std::int64_t words() const {
    const std::int64_t bits = 2 * images * (limit + 1) * mask_words;
    return bits + images * (anchors * (kRow + kRankParts) + limit * kRow);
  }
};

// The workspace, part by part; the first is of 64 bits and needs their alignment.
struct DetectionMemory {
  DetectionWork work;
  DetectionSizes sizes;
  std::uint64_t* overlaps;  // [N, limit, mask_words]: bit j of row i: i, if kept, removes j
  std::uint64_t* removed;   // [N, mask_words]
  float* found;             // [N, A, 6], by anchor; label -1: none
  float* sorted;            // [N, limit, 6], by falling score; label -1 from the first unused on
  std::int32_t* counts;     // [kRankParts, N, A]

  DetectionMemory(const DetectionWork& of, std::byte* workspace)
      : work(of), sizes(of), overlaps(reinterpret_cast<std::uint64_t*>(workspace)) {
    removed = overlaps + sizes.images * sizes.limit * sizes.mask_words;
    found = reinterpret_cast<float*>(removed + sizes.images * sizes.mask_words);
    sorted = found + sizes.images * sizes.anchors * kRow;
    counts = reinterpret_cast<std::int32_t*>(sorted + sizes.images * sizes.limit * kRow);
  }
};

QBENCH_HD inline float bounded(float x, float low, float high) {
  return x < low ? low : (high < x ? high : x);
}

struct DecodeBoxes {  // an index for each image and anchor
  DetectionMemory memory;
  const float* scores;
  const float* offsets;
  const float* anchors;
  float variances[4];

  QBENCH_HD void operator()(std::int64_t i) const {
    const std::int64_t total = memory.sizes.anchors;
    std::int64_t n = i;
    const std::int64_t a = split(n, total);
    if (a < memory.sizes.limit) memory.sorted[(n * memory.sizes.limit + a) * kRow] = -1;
    const float* score = scores + n * memory.work.classes * total + a;
    std::int64_t best = 0;  // the background: none yet
    float highest = -INFINITY;
    for (std::int64_t c = 1; c < memory.work.classes; ++c) {
      if (score[c * total] > highest) highest = score[(best = c) * total];
    }
    float* row = memory.found + i * kRow;
    const bool found = best > 0 && highest >= memory.work.threshold;
    row[0] = found ? static_cast<float>(best - 1) : -1.0F;
    row[1] = found ? highest : -INFINITY;
    if (found) decode(anchors + a * 4, offsets + i * 4, row + 2);
  }

  QBENCH_HD void decode(const float* anchor, const float* offset, float* box) const {
    const float width = anchor[2] - anchor[0];
    const float height = anchor[3] - anchor[1];
    const float x = offset[0] * variances[0] * width + (anchor[0] + anchor[2]) / 2;
    const float y = offset[1] * variances[1] * height + (anchor[1] + anchor[3]) / 2;
    const float w = expf(offset[2] * variances[2]) * width / 2;
    const float h = expf(offset[3] * variances[3]) * height / 2;
    box[0] = x - w;
    box[1] = y - h;
    box[2] = x + w;
    box[3] = y + h;
    for (int side = 0; side < 4 && memory.work.clip; ++side) {
      box[side] = bounded(box[side], 0.0F, 1.0F);
    }
  }
};

// How many of one part of the image's anchors come before this one. An index for each part, image
// and anchor: neighbours read the same rows.
struct CountBetter {
  DetectionMemory memory;

  QBENCH_HD void operator()(std::int64_t i) const {
    const std::int64_t total = memory.sizes.anchors;
    std::int64_t rest = i;
    const std::int64_t a = split(rest, total);
    const std::int64_t n = split(rest, memory.sizes.images);
    const std::int64_t part = rest;
    const float* rows = memory.found + n * total * kRow;
    if (rows[a * kRow] < 0) return;
    const float score = rows[a * kRow + 1];
    const std::int64_t length = (total + kRankParts - 1) / kRankParts;
    const std::int64_t first = part * length;
    const std::int64_t last = first + length < total ? first + length : total;
    std::int32_t better = 0;
    for (std::int64_t b = first; b < last; ++b) {
      const float other = rows[b * kRow + 1];
      if (other > score || (other == score && b < a)) ++better;
    }
    memory.counts[i] = better;
  }
};

struct PutInOrder {  // an index for each image and anchor
  DetectionMemory memory;

  QBENCH_HD void operator()(std::int64_t i) const {
    const float* row = memory.found + i * kRow;
    if (row[0] < 0) return;
    std::int64_t rank = 0;
    for (std::int64_t part = 0; part < kRankParts; ++part) {
      rank += memory.counts[part * memory.sizes.images * memory.sizes.anchors + i];
    }
    if (rank >= memory.sizes.limit) return;
    const std::int64_t n = i / memory.sizes.anchors;
    float* to = memory.sorted + (n * memory.sizes.limit + rank) * kRow;
    for (std::int64_t k = 0; k < kRow; ++k) to[k] = row[k];
  }
};

// 64 pairs for each index: image, row and word. Words before the row's own are never read.
struct CompareBoxes {
  DetectionMemory memory;

  QBENCH_HD static float overlap(const float* a, const float* b) {
    const float w = fmaxf(0.0F, fminf(a[2], b[2]) - fmaxf(a[0], b[0]));
    const float h = fmaxf(0.0F, fminf(a[3], b[3]) - fmaxf(a[1], b[1]));
    const float both = w * h;
    const float either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
    return either <= 0 ? 0 : both / either;
  }

  QBENCH_HD void operator()(std::int64_t i) const {
    const std::int64_t limit = memory.sizes.limit;
    std::int64_t n = i;
    const std::int64_t word = split(n, memory.sizes.mask_words);
    const std::int64_t row = split(n, limit);
    const float* rows = memory.sorted + n * limit * kRow;
    const float* mine = rows + row * kRow;
    if (mine[0] < 0 || word < row / 64) return;
    std::uint64_t bits = 0;
    for (std::int64_t bit = 0; bit < 64; ++bit) {
      const std::int64_t j = word * 64 + bit;
      if (j >= limit || rows[j * kRow] < 0) break;
      const float* other = rows + j * kRow;
      const bool rivals = memory.work.force_suppress || other[0] == mine[0];
      if (j > row && rivals && overlap(mine + 2, other + 2) >= memory.work.nms_threshold) {
        bits |= std::uint64_t{1} << bit;
      }
    }
    memory.overlaps[i] = bits;
  }
};

struct Suppress {  // an index for each image
  DetectionMemory memory;

  QBENCH_HD void operator()(std::int64_t n) const {
    const std::int64_t words = memory.sizes.mask_words;
    std::uint64_t* removed = memory.removed + n * words;
    for (std::int64_t w = 0; w < words; ++w) removed[w] = 0;
    for (std::int64_t w = 0; w < words; ++w) removed[w] = within(n, w, removed[w], removed);
  }

  // The bits of word w when its own boxes have had their say; later words are updated.
  QBENCH_HD std::uint64_t within(std::int64_t n, std::int64_t w, std::uint64_t gone,
                                 std::uint64_t* removed) const {
    const std::int64_t limit = memory.sizes.limit;
    const std::int64_t words = memory.sizes.mask_words;
    for (std::int64_t bit = 0; bit < 64 && w * 64 + bit < limit; ++bit) {
      const std::int64_t row = n * limit + w * 64 + bit;
      if (memory.sorted[row * kRow] < 0) break;
      if ((gone >> bit & 1) != 0) continue;
      const std::uint64_t* overlaps = memory.overlaps + row * words;
      gone |= overlaps[w];
      for (std::int64_t later = w + 1; later < words; ++later) removed[later] |= overlaps[later];
    }
    return gone;
  }
};

struct WriteRows {  // an index for each image and row of the result
  DetectionMemory memory;
  float* result;

  QBENCH_HD void operator()(std::int64_t i) const {
    std::int64_t n = i;
    const std::int64_t row = split(n, memory.sizes.anchors);
    const std::int64_t limit = memory.sizes.limit;
    const float* from = memory.sorted + (n * limit + row) * kRow;
    float* to = result + i * kRow;
    if (row >= limit || from[0] < 0) {
      for (std::int64_t k = 0; k < kRow; ++k) to[k] = -1;
      return;
    }
    for (std::int64_t k = 0; k < kRow; ++k) to[k] = from[k];
    const std::uint64_t word = memory.removed[n * memory.sizes.mask_words + row / 64];
    if ((word >> (row % 64) & 1) != 0) to[0] = -1;
  }
};

}  // namespace qbench::cudnn::kernels
