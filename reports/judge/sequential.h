// Whether a network lost more than a margin of FP32's accuracy, asked after every image: intervals
// that hold however often one looks, and whenever one stops.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reports/judge/statistics.h"
#include "reports/record/record.h"

namespace qbench {

// A confidence sequence for the mean drop by betting (Waudby-Smith and Ramdas 2024, JRSS B 86:1).
// For every value m of the drop two capitals start at 1 and bet against it: after image i, with
// d = 1, 0 or -1 for lost, equal or gained,
//   upper(m) *= 1 - min(a, c / (1 - m)) (d - m)    lower(m) *= 1 + min(b, c / (1 + m)) (d - m).
// Stakes a, b are what would have grown best against the margin on the images before (their mean
// and variance, the "approximate growth rate adaptive" rule of section B.3), b against a gain of as
// much while the mean is below the margin: known before the image, so that neither capital grows in
// expectation when m is the truth, and by Ville's inequality either ever reaches 2 / alpha with a
// probability of at most alpha / 2. What both have not refuted is the interval. Images must come in
// an order that says nothing of them.
class SequentialDrop {
 public:
  // `margin` (a fraction of the images, -1..1) is only what the stakes are chosen for.
  explicit SequentialDrop(double margin, double confidence = 0.95);

  void add(int difference);  // 1: right in the first alone, -1: right in the second alone, 0

  std::int64_t images() const { return std::ssize(bets_); }
  // Whether the interval lies below the margin, above it, or holds it: at any time so far.
  Verdict::Word verdict() const { return verdict_; }
  // At another confidence than the verdict's too: it is as valid at all times.
  Interval interval() const { return interval(confidence_); }
  Interval interval(double confidence) const;

  double drop() const;       // mean; 0 when there are no images
  double flip_rate() const;  // discordant images per image

 private:
  struct Bet {
    int difference;
    double upper;  // a and b above
    double lower;
  };
  static double log_limit(double confidence);
  double log_capital_upper(double m) const;
  double log_capital_lower(double m) const;

  double margin_;
  double confidence_;
  std::vector<Bet> bets_;
  std::int64_t sum_ = 0;
  std::int64_t discordant_ = 0;
  double upper_at_margin_ = 0;  // logarithms of the capitals
  double lower_at_margin_ = 0;
  Verdict::Word verdict_ = Verdict::Word::inconclusive;
};

// All images that both have, in the order of the second. `k` (1..5) as in top-k.
SequentialDrop sequential_drop(std::span<const Prediction> first,
                               std::span<const Prediction> second, int k, double margin);

}  // namespace qbench
