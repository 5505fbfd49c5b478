// Scores classifiers and detectors on a data set: every network sees the same decoded batches.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "datasets/loader.h"
#include "engine/backends/backend.h"
#include "harness/accuracy/match_detections.h"
#include "harness/accuracy/task.h"
#include "reports/record/record.h"

namespace qbench {

struct Contestant {
  Executable* executable = nullptr;  // compiled for the loader's batch size
  OutputForm output;
  bool trained = true;  // false: weights drawn at random, whose accuracy says nothing anyway
  std::string doubt{};  // what is known to be wrong with it: its outputs prove nothing
};

struct Score {
  // One per image, in the loader's order, of what the network is for.
  std::vector<Prediction> predictions;
  std::vector<DetectedImage> detections;
  std::vector<double> run_ns;  // of each batch, `run` alone
  // Outputs that are not finite, with the number of images; else empty. Such an image has no guess.
  std::string failure;
  // Why the outputs prove nothing (all equal, nothing detected, no better than chance); else empty.
  std::string mistrust;
  // What a user should know though the numbers stand.
  std::vector<std::string> warnings;
};

struct Accuracy {
  std::int64_t images = 0;
  std::int64_t correct_top1 = 0;
  std::int64_t correct_top5 = 0;
};

// Called after each batch with the number of images done and what each contestant has of them so
// far; returning false stops early.
using ScoreProgress =
    std::function<bool(std::int64_t images, std::span<const Score* const> so_far)>;

// Throws Error naming the image when labels are not what the networks need (a class number each, or
// boxes) or of a class that they do not have.
std::vector<Score> score(Loader& loader, const Shape& batch_shape,
                         std::span<const Contestant> contestants,
                         const DetectionOptions& detection = {},
                         const ScoreProgress& progress = {});

// The five largest of `values`, largest first, the lower index first among equals; -1 where there
// are fewer than five. NaN is none of them.
std::array<int, 5> top5(std::span<const float> values);

Accuracy count_correct(std::span<const Prediction> predictions);
// Images on which both have the same first class; two without a guess do not agree. Throws Error
// when the images differ.
std::int64_t count_same_top1(std::span<const Prediction> a, std::span<const Prediction> b);

}  // namespace qbench
