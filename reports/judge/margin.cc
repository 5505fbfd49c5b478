#include "reports/judge/margin.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <utility>

namespace qbench {
namespace {

constexpr double kMostImages = 1e9;

std::int64_t images_of(const DropEvidence& evidence) {
  if (const auto* counts = std::get_if<PairedCounts>(&evidence)) return counts->total();
  if (const auto* sequence = std::get_if<SequentialDrop>(&evidence)) return sequence->images();
  return std::get<DrawnDrops>(evidence).images;
}

// The flips table of `factor` times as many images like these.
PairedCounts scaled(const PairedCounts& counts, double factor) {
  const auto scale = [factor](std::int64_t count) {
    return static_cast<std::int64_t>(std::llround(static_cast<double>(count) * factor));
  };
  return {.both_right = scale(counts.both_right),
          .only_first = scale(counts.only_first),
          .only_second = scale(counts.only_second),
          .both_wrong = scale(counts.both_wrong)};
}

// The least number of images like these whose interval does not hold the margin. More than the
// planner's where there are next to no flips: the interval then is of what was not seen.
double least_images(const PairedCounts& counts, double margin, double confidence) {
  const auto total = static_cast<double>(counts.total());
  const auto decided = [&](double factor) {
    const Interval interval = drop_interval(scaled(counts, factor), confidence);
    return judge_drop(interval, margin) != Verdict::Word::inconclusive;
  };
  double above = 2;
  while (!decided(above) && above * total < kMostImages) above *= 2;
  double below = above / 2;
  constexpr int kHalvings = 12;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (below + above) / 2;
    (decided(middle) ? above : below) = middle;
  }
  return above * total;
}

std::optional<std::int64_t> images_needed(const DropEvidence& evidence, double margin,
                                          double alpha) {
  const double drop = drop_of(evidence);
  const std::int64_t images = images_of(evidence);
  if (images == 0 || drop == margin) return std::nullopt;
  const PlanOptions plan{.alpha = alpha, .drop = drop};
  double needed = 0;
  if (const auto* counts = std::get_if<PairedCounts>(&evidence)) {
    needed = std::max(static_cast<double>(qbench::images_needed(counts->flip_rate(), margin, plan)),
                      least_images(*counts, margin, 1 - 2 * alpha));
  } else if (const auto* sequence = std::get_if<SequentialDrop>(&evidence)) {
    needed = static_cast<double>(qbench::images_needed(sequence->flip_rate(), margin, plan));
  } else {
    // The interval's half width is z_alpha standard errors; the power asks for z_power more.
    const boost::math::normal normal;
    const double z = boost::math::quantile(normal, 1 - alpha);
    const double more = 1 + boost::math::quantile(normal, plan.power) / z;
    const double half = more * drop_interval(evidence, 1 - 2 * alpha).width() / 2;
    needed = static_cast<double>(images) * std::pow(half / (margin - drop), 2);
  }
  if (!(needed < kMostImages)) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(needed));
}

// Holm's steps for one of the two words: which cases get it, and the confidence each was judged at.
struct Step {
  bool decided = false;
  double confidence = 0;
};
std::vector<Step> holm(std::span<const DropEvidence> cases, double margin, double alpha,
                       Verdict::Word word) {
  std::vector<Step> steps(cases.size());
  std::size_t left = cases.size();
  for (bool again = left > 0; again && left > 0;) {
    again = false;
    const double confidence = 1 - 2 * alpha / static_cast<double>(left);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (steps[i].decided) continue;
      const Interval interval = drop_interval(cases[i], confidence);
      steps[i] = {judge_drop(interval, margin) == word, confidence};
      if (!steps[i].decided) continue;
      --left;
      again = true;
    }
  }
  return steps;
}

}  // namespace

double drop_of(const DropEvidence& evidence) {
  if (const auto* counts = std::get_if<PairedCounts>(&evidence)) return counts->drop();
  if (const auto* sequence = std::get_if<SequentialDrop>(&evidence)) return sequence->drop();
  return std::get<DrawnDrops>(evidence).drop;
}

Interval drop_interval(const DropEvidence& evidence, double confidence) {
  if (const auto* counts = std::get_if<PairedCounts>(&evidence))
    return drop_interval(*counts, confidence);
  if (const auto* sequence = std::get_if<SequentialDrop>(&evidence))
    return sequence->interval(confidence);
  const auto& drawn = std::get<DrawnDrops>(evidence);
  return at_least_unseen(drawn.interval(confidence), drawn.drop, drawn.images, confidence);
}

std::vector<MarginDecision> judge_margin(std::span<const DropEvidence> cases, double margin,
                                         double alpha) {
  const std::vector<Step> ok = holm(cases, margin, alpha, Verdict::Word::ok);
  const std::vector<Step> worse = holm(cases, margin, alpha, Verdict::Word::worse);
  std::vector<MarginDecision> decisions;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    MarginDecision decision{.confidence = std::max(ok[i].confidence, worse[i].confidence)};
    for (const auto& [step, word] :
         {std::pair(ok[i], Verdict::Word::ok), std::pair(worse[i], Verdict::Word::worse)}) {
      if (!step.decided) continue;
      decision.word = word;
      decision.confidence = step.confidence;
    }
    decision.interval = drop_interval(cases[i], decision.confidence);
    if (decision.word == Verdict::Word::inconclusive)
      decision.images_needed = images_needed(cases[i], margin, (1 - decision.confidence) / 2);
    decisions.push_back(decision);
  }
  return decisions;
}

}  // namespace qbench
