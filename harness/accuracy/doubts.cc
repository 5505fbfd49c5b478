#include "harness/accuracy/doubts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <map>
#include <optional>

namespace qbench {
namespace {

constexpr double kSignificance = 0.01;
constexpr double kLeastKnown = 0.2;  // what a network that is of use knows beyond chance
constexpr double kNearlyAll = 0.95;  // of the images are said to be of one class
constexpr std::int64_t kEnoughImages = 30;
constexpr std::int64_t kEnoughOthers = 10;  // images, or boxes

struct Guesses {
  std::int64_t images = 0;
  std::int64_t right = 0;
  std::map<int, std::int64_t> labels;  // how often each occurs
  std::map<int, std::int64_t> said;    // how often each was the first guess
};

Guesses count(std::span<const Prediction> predictions) {
  Guesses guesses;
  for (const Prediction& p : predictions) {
    ++guesses.images;
    guesses.right += p.right(1) ? 1 : 0;
    ++guesses.labels[p.label];
    ++guesses.said[p.top[0]];
  }
  return guesses;
}

double share(std::int64_t part, std::int64_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

double chance_of(const Guesses& guesses, std::int64_t classes) {
  if (guesses.labels.size() < 2) return 1 / static_cast<double>(std::max<std::int64_t>(classes, 2));
  double dealt = 0;
  for (const auto& [label, times] : guesses.labels) {
    const auto said = guesses.said.find(label);
    if (said != guesses.said.end())
      dealt += share(times, guesses.images) * share(said->second, guesses.images);
  }
  return std::max(dealt, 1 / static_cast<double>(guesses.labels.size()));
}

// The class that is said of nearly all images with another label; nothing when there is none.
std::optional<int> one_for_all(std::span<const Prediction> predictions, const Guesses& guesses) {
  const auto most = std::ranges::max_element(
      guesses.said, [](const auto& a, const auto& b) { return a.second < b.second; });
  const int favourite = most->first;
  std::int64_t others = 0;
  std::int64_t taken_in = 0;
  for (const Prediction& p : predictions) {
    if (p.label == favourite) continue;
    ++others;
    taken_in += p.top[0] == favourite ? 1 : 0;
  }
  if (others < kEnoughOthers || share(taken_in, others) < kNearlyAll) return std::nullopt;
  return favourite;
}

// In units of 0..1, as of pixels of 0..255.
std::string scaled(const std::array<float, 3>& values) {
  return fmt::format("{:.6g},{:.6g},{:.6g}", 255 * values[0], 255 * values[1], 255 * values[2]);
}

}  // namespace

std::string doubt_guesses(std::span<const Prediction> predictions, std::int64_t classes) {
  if (predictions.empty()) return {};
  const Guesses guesses = count(predictions);
  const auto n = static_cast<double>(guesses.images);
  const auto right = static_cast<double>(guesses.right);
  const double chance = chance_of(guesses, classes);
  using Binomial = boost::math::binomial_distribution<double>;
  const double as_many_by_chance =
      guesses.right == 0 ? 1 : cdf(complement(Binomial(n, chance), right - 1));
  if (as_many_by_chance <= kSignificance) return {};
  const std::string found = fmt::format("{} of {} right, no better than chance ({:.3g} %)",
                                        guesses.right, guesses.images, 100 * chance);
  if (const std::optional<int> favourite = one_for_all(predictions, guesses)) {
    return fmt::format("class {} is said of {} of {} images, whose labels are of {} classes: {}",
                       *favourite, guesses.said.at(*favourite), guesses.images,
                       guesses.labels.size(), found);
  }
  const double useful = chance + kLeastKnown * (1 - chance);
  if (guesses.images < kEnoughImages || cdf(Binomial(n, useful), right) >= kSignificance) return {};
  return found + ": mean, std or the order of the classes may differ from the network's training";
}

std::string doubt_detections(std::span<const DetectedImage> images) {
  std::int64_t boxes = 0;
  std::size_t drawn = 0;
  for (const DetectedImage& image : images) {
    for (const TruthCount& truth : image.truth) boxes += truth.voc;
    for (const Detection& detection : image.detections) {
      if (detection.voc == Detection::Outcome::hit || detection.coco_hits != 0) return {};
    }
    drawn += image.detections.size();
  }
  if (boxes < kEnoughOthers || drawn == 0) return {};
  return fmt::format(
      "none of {} boxes was found, though {} were drawn: mean, std or the order of the classes may "
      "differ from the network's training",
      boxes, drawn);
}

std::string doubt_units(const Preprocess& preprocess) {
  const auto& mean = preprocess.rgb_mean;
  const auto& divisor = preprocess.rgb_std;
  const bool small_mean = std::ranges::all_of(mean, [](float v) { return std::fabs(v) < 1; });
  const bool any_mean = std::ranges::any_of(mean, [](float v) { return v != 0; });
  const bool small_std = std::ranges::all_of(divisor, [](float v) { return std::fabs(v) < 1; });
  if (small_mean && (any_mean || small_std)) {
    const std::string given =
        fmt::format("rgb mean {} and std {}", fmt::join(mean, ","), fmt::join(divisor, ","));
    return fmt::format(
        "{} look like those of pixels from 0 to 1; pixels are 0 to 255 here: expected mean {}{}",
        given, scaled(mean), small_std ? " and std " + scaled(divisor) : "");
  }
  if (!small_std) return {};
  return fmt::format(
      "rgb std {} is below 1: expected a divisor, of pixels from 0 to 255, in place "
      "of a factor",
      fmt::join(divisor, ","));
}

}  // namespace qbench
