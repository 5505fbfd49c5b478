// Scores classifiers on a data set: every network sees the same decoded batches.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "datasets/loader.h"
#include "engine/backends/backend.h"
#include "reports/record/record.h"

namespace qbench {

struct Contestant {
  Executable* executable =
      nullptr;               // compiled for the loader's batch size, one input, one output [N,K]
  std::int64_t classes = 0;  // K
};

struct Score {
  std::vector<Prediction> predictions;  // one per image, in the loader's order
  std::vector<double> run_ns;           // of each batch, `run` alone
  std::string mistrust;  // why the outputs prove nothing (all equal, not finite); else empty
};

struct Accuracy {
  std::int64_t images = 0;
  std::int64_t correct_top1 = 0;
  std::int64_t correct_top5 = 0;
};

// Called after each batch with the number of images done; returning false stops early.
using ScoreProgress = std::function<bool(std::int64_t images)>;

std::vector<Score> score(Loader& loader, const Shape& batch_shape,
                         std::span<const Contestant> contestants,
                         const ScoreProgress& progress = {});

// The five largest of `values`, largest first, the lower index first among equals; -1 where there
// are fewer than five.
std::array<int, 5> top5(std::span<const float> values);

Accuracy count_correct(std::span<const Prediction> predictions);
// Images on which both have the same first class. Throws Error when the images differ.
std::int64_t count_same_top1(std::span<const Prediction> a, std::span<const Prediction> b);

}  // namespace qbench
