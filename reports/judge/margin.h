// Non-inferiority of several cases at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "reports/judge/sequential.h"
#include "reports/judge/statistics.h"
#include "reports/record/verdict.h"

namespace qbench {

// What is known of one drop: the flips table of a classifier, that of one whose scoring ended when
// it was decided, or a detector's resampled drops.
using DropEvidence = std::variant<PairedCounts, SequentialDrop, DrawnDrops>;

double drop_of(const DropEvidence& evidence);
// Of a drop: Newcombe's for classifiers, or the confidence sequence; percentiles for detectors,
// widened by what no image shows.
Interval drop_interval(const DropEvidence& evidence, double confidence);

struct MarginDecision {
  Verdict::Word word = Verdict::Word::inconclusive;  // ok, worse or inconclusive
  Interval interval{};
  double confidence = 0.95;  // of the interval: what this case was judged at
  // Where inconclusive: about so many images tell, 80 times of 100, if the drop stays what it is.
  // Nothing when a thousand million would not do.
  std::optional<std::int64_t> images_needed{};
};

// Whether each drop is below `margin` (ok), or above it (worse), as judge_drop does, with Holm's
// correction (1979, Scandinavian Journal of Statistics 6:65) for each of the two words: all cases
// are first judged by intervals of confidence 1 - 2 alpha / cases; each that gets the word leaves
// one case less to divide by for the others. So the chance that any case of all gets the word
// though it is not so, is at most alpha, however many there are and whatever they share.
std::vector<MarginDecision> judge_margin(std::span<const DropEvidence> cases, double margin,
                                         double alpha = 0.025);

}  // namespace qbench
