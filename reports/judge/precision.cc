// Mean average precision of two detectors on the same images.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "reports/judge/statistics.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

std::vector<DetectedImage> by_sample(std::span<const DetectedImage> images) {
  std::vector<DetectedImage> sorted(images.begin(), images.end());
  std::ranges::stable_sort(sorted, {}, &DetectedImage::sample);
  return sorted;
}

// Calls use(weights) with the weights of each resample: how often each image was drawn.
template <class Use>
void resample(std::size_t images, const BootstrapOptions& options, Use&& use) {
  std::mt19937_64 random(options.seed);
  std::vector<std::uint32_t> weights(images);
  for (int i = 0; i < options.resamples; ++i) {
    std::ranges::fill(weights, 0U);
    for (std::size_t drawn = 0; drawn < images; ++drawn) ++weights[random() % images];
    use(weights);
  }
}

Interval percentiles(const std::vector<double>& values, double confidence) {
  const double tail = (1 - confidence) / 2;
  return {percentile(values, tail), percentile(values, 1 - tail)};
}

// Both in one order; nothing unless they are the same images.
std::optional<std::pair<PrecisionSet, PrecisionSet>> paired_sets(
    std::span<const DetectedImage> first, std::span<const DetectedImage> second) {
  const std::vector<DetectedImage> a = by_sample(first);
  const std::vector<DetectedImage> b = by_sample(second);
  if (a.empty() || !std::ranges::equal(a, b, {}, &DetectedImage::sample, &DetectedImage::sample))
    return std::nullopt;
  return std::pair(PrecisionSet(a), PrecisionSet(b));
}

// A mean average precision by the name of its metric.
struct Mean {
  std::string_view metric;
  double MeanPrecision::*value;
  double (*weighted)(const PrecisionSet& set, std::span<const std::uint32_t> weights);
};
constexpr std::array kMeans = {
    Mean{"map_voc07", &MeanPrecision::voc07,
         [](const PrecisionSet& set, std::span<const std::uint32_t> weights) {
           return set.voc_mean(weights).voc07;
         }},
    Mean{"map_area", &MeanPrecision::area,
         [](const PrecisionSet& set, std::span<const std::uint32_t> weights) {
           return set.voc_mean(weights).area;
         }},
    Mean{"map_coco", &MeanPrecision::coco,
         [](const PrecisionSet& set, std::span<const std::uint32_t> weights) {
           return set.coco_mean(weights);
         }},
};

}  // namespace

Interval DrawnDrops::interval(double confidence) const { return percentiles(draws, confidence); }

std::optional<DrawnDrops> draw_drops(std::span<const DetectedImage> first,
                                     std::span<const DetectedImage> second, std::string_view metric,
                                     const BootstrapOptions& options) {
  const auto* const mean = std::ranges::find(kMeans, metric, &Mean::metric);
  if (mean == kMeans.end()) throw Error(fmt::format("'{}' is no mean average precision", metric));
  const auto sets = paired_sets(first, second);
  if (!sets) return std::nullopt;
  const PrecisionSet& a = sets->first;
  const PrecisionSet& b = sets->second;
  DrawnDrops drawn{.drop = a.mean().*mean->value - b.mean().*mean->value,
                   .images = static_cast<std::int64_t>(a.images()),
                   .draws = {}};
  resample(a.images(), options, [&](const std::vector<std::uint32_t>& weights) {
    drawn.draws.push_back(mean->weighted(a, weights) - mean->weighted(b, weights));
  });
  return drawn;
}

double p_value_of(const PairedPrecision::Drop& drop) {
  const boost::math::normal normal;
  const double error = drop.interval.width() / (2 * boost::math::quantile(normal, 0.975));
  if (error <= 0) return drop.value == 0 ? 1 : 0;
  return 2 * boost::math::cdf(boost::math::complement(normal, std::fabs(drop.value) / error));
}

Interval precision_interval(std::span<const DetectedImage> images,
                            const BootstrapOptions& options) {
  if (images.empty()) return {0, 1};
  const PrecisionSet set(images);
  std::vector<double> means;
  resample(images.size(), options, [&](const std::vector<std::uint32_t>& weights) {
    means.push_back(set.voc_mean(weights).voc07);
  });
  return percentiles(means, options.confidence);
}

std::optional<PairedPrecision> compare_precision(std::span<const DetectedImage> first,
                                                 std::span<const DetectedImage> second,
                                                 const BootstrapOptions& options) {
  const auto sets = paired_sets(first, second);
  if (!sets) return std::nullopt;
  const PrecisionSet& set_a = sets->first;
  const PrecisionSet& set_b = sets->second;
  std::vector<double> voc07;
  std::vector<double> area;
  std::vector<double> coco;
  resample(set_a.images(), options, [&](const std::vector<std::uint32_t>& weights) {
    const PrecisionSet::VocMean voc_a = set_a.voc_mean(weights);
    const PrecisionSet::VocMean voc_b = set_b.voc_mean(weights);
    voc07.push_back(voc_a.voc07 - voc_b.voc07);
    area.push_back(voc_a.area - voc_b.area);
    coco.push_back(set_a.coco_mean(weights) - set_b.coco_mean(weights));
  });
  const MeanPrecision first_mean = set_a.mean();
  const MeanPrecision second_mean = set_b.mean();
  const auto drop = [&](double MeanPrecision::*mean, const std::vector<double>& drops) {
    return PairedPrecision::Drop{first_mean.*mean - second_mean.*mean,
                                 percentiles(drops, options.confidence)};
  };
  return PairedPrecision{.images = static_cast<std::int64_t>(set_a.images()),
                         .voc07 = drop(&MeanPrecision::voc07, voc07),
                         .area = drop(&MeanPrecision::area, area),
                         .coco = drop(&MeanPrecision::coco, coco)};
}

}  // namespace qbench
