// Statistics of comparison: two networks on the same images (paired.cc), two latencies over
// the same rounds (ratio.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "reports/record/latency.h"
#include "reports/record/record.h"

namespace qbench {

// The flips table of two networks on the same images, "first" being the FP32 baseline.
struct PairedCounts {
  std::int64_t both_right = 0;
  std::int64_t only_first = 0;   // right in the first alone: lost by the second
  std::int64_t only_second = 0;  // right in the second alone: gained
  std::int64_t both_wrong = 0;

  std::int64_t total() const { return both_right + discordant() + both_wrong; }
  std::int64_t discordant() const { return only_first + only_second; }
  // Accuracy of the first less that of the second, in [-1,1]; 0 when there are no images.
  double drop() const;
  // Discordant images per image, in [0,1]; 0 when there are no images.
  double flip_rate() const;
  bool operator==(const PairedCounts&) const = default;
};

// Pairs predictions by sample; what only one side has is left out. `k` (1..5) as in top-k.
PairedCounts count_pairs(std::span<const Prediction> first, std::span<const Prediction> second,
                         int k);

// Share of the paired samples with the same top-1 class, right or wrong, and how many there were.
struct Agreement {
  std::int64_t same = 0;
  std::int64_t total = 0;

  double rate() const;  // 0 when there are none
  bool operator==(const Agreement&) const = default;
};
Agreement count_agreement(std::span<const Prediction> first, std::span<const Prediction> second);

// Two-sided p-value of McNemar's test that both are right equally often: the exact binomial test
// with the mid-p correction (Fagerland, Lydersen and Laake 2013) up to 100 discordant images,
// chi-squared with continuity correction (Edwards 1948) above. 1 when none is discordant.
double mcnemar_p(const PairedCounts& counts);

// Confidence interval of counts.drop(): Newcombe (1998), Statistics in Medicine 17:2635, method 10
// (Wilson limits of both accuracies, joined with their continuity-corrected correlation). Keeps its
// coverage for few images and few flips, and is not empty when there are none. [-1,1] for no
// images.
Interval drop_interval(const PairedCounts& counts, double confidence = 0.95);

// Whether the second is worse than the first by more than `margin` (a fraction, 0.002 for 0.2
// percentage points), given the interval of the drop: ok (non-inferior) when all of it lies below
// the margin, worse when all of it lies above, else inconclusive.
Verdict::Word judge_drop(const Interval& drop, double margin);

// Images needed to show on which side of `margin` the drop lies: the planner that goes with
// judge_drop. `alpha` is one-sided: 0.025 is the upper end of a 95 % interval.
struct PlanOptions {
  double alpha = 0.025;
  double power = 0.8;
  double drop = 0;  // the true one
};
// n = (r - drop^2) (z_alpha + z_power)^2 / (margin - drop)^2 for a discordant rate r. Throws Error
// unless 0 <= flip_rate <= 1, margin > 0 and drop is another number than margin.
std::int64_t images_needed(double flip_rate, double margin, const PlanOptions& options = {});

// How much longer the first takes: geometric mean over the rounds of the ratio of what both
// measured in the same round, which cancels what slows the machine for a while. Rounds that only
// one side has are left out; nothing when none remains.
std::optional<Estimate> latency_ratio(std::span<const std::optional<double>> first,
                                      std::span<const std::optional<double>> second);

struct BootstrapOptions {
  std::uint64_t seed = 1;
  int resamples = 1000;
  double confidence = 0.95;
};

// Mean average precisions of two detectors on the same images.
struct PairedPrecision {
  struct Drop {
    double value = 0;   // of the first less that of the second, in [-1,1]
    Interval interval;  // by resampling images for both alike

    bool operator==(const Drop&) const = default;
  };

  std::int64_t images = 0;
  Drop voc07;  // VOC's 11 points
  Drop area;   // VOC's area under the curve
  Drop coco;

  bool operator==(const PairedPrecision&) const = default;
};

// Nothing unless both have the same images. Percentile bootstrap over images (Efron and Tibshirani
// 1993, chapter 13): average precision is no mean over images, so that no formula serves. The same
// seed gives the same interval.
std::optional<PairedPrecision> compare_precision(std::span<const DetectedImage> first,
                                                 std::span<const DetectedImage> second,
                                                 const BootstrapOptions& options = {});

// Drops of one mean average precision over resampled images, for intervals of any confidence.
struct DrawnDrops {
  double drop = 0;  // of all images as they are
  std::int64_t images = 0;
  std::vector<double> draws;

  // Percentiles of the draws, as in compare_precision.
  Interval interval(double confidence) const;
  bool operator==(const DrawnDrops&) const = default;
};
// Nothing unless both have the same images. `metric`: map_voc07, map_area or map_coco; throws Error
// for another.
std::optional<DrawnDrops> draw_drops(std::span<const DetectedImage> first,
                                     std::span<const DetectedImage> second, std::string_view metric,
                                     const BootstrapOptions& options = {});

// The same of one detector's mean average precision by VOC's 11 points.
Interval precision_interval(std::span<const DetectedImage> images,
                            const BootstrapOptions& options = {});

// Two-sided p-value of no drop: normal, with the standard error that the width of the interval (95
// %) gives, since counting it out would take more resamples than there are.
double p_value_of(const PairedPrecision::Drop& drop);

// Confidence interval of one proportion: Wilson (1927), JASA 22:209. [0,1] for no images.
Interval proportion_interval(std::int64_t right, std::int64_t total, double confidence = 0.95);

// A bootstrap knows nothing of images that it has not seen: where no image differs, its interval is
// a point. Widened to what none of `images` images shows at most, a share 1 - alpha^(1/images) to
// either side of `value`, alpha being half of what the confidence leaves.
Interval at_least_unseen(const Interval& interval, double value, std::int64_t images,
                         double confidence = 0.95);

}  // namespace qbench
