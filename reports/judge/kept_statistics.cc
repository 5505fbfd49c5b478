#include "reports/judge/kept_statistics.h"

#include <fmt/format.h>

#include <vector>

#include "reports/record/blob.h"

namespace qbench {
namespace {

// To be raised whenever precision.cc or average_precision.cc give other numbers for the same input.
constexpr int kFormula = 1;

StatisticKey key_of(const char* name, const BootstrapOptions& options,
                    std::vector<std::string> inputs) {
  return {.name = fmt::format("{} {}", name, kFormula),
          .parameters = fmt::format("seed {}, {} resamples, confidence {}", options.seed,
                                    options.resamples, options.confidence),
          .inputs = std::move(inputs)};
}

std::vector<double> numbers_of(const PairedPrecision& precision) {
  std::vector<double> numbers{static_cast<double>(precision.images)};
  for (const auto mean :
       {&PairedPrecision::voc07, &PairedPrecision::area, &PairedPrecision::coco}) {
    const PairedPrecision::Drop& drop = precision.*mean;
    numbers.insert(numbers.end(), {drop.value, drop.interval.low, drop.interval.high});
  }
  return numbers;
}

constexpr std::size_t kPairedNumbers = 10;

PairedPrecision precision_of(const std::vector<double>& numbers) {
  const auto drop = [&numbers](std::size_t at) {
    return PairedPrecision::Drop{numbers[at], {numbers[at + 1], numbers[at + 2]}};
  };
  return {.images = static_cast<std::int64_t>(numbers[0]),
          .voc07 = drop(1),
          .area = drop(4),
          .coco = drop(7)};
}

}  // namespace

std::optional<PairedPrecision> compare_precision(const SharedList<DetectedImage>& first,
                                                 const SharedList<DetectedImage>& second,
                                                 StatisticsCache& cache,
                                                 const BootstrapOptions& options) {
  const StatisticKey key = key_of("map_drop", options, {content_hash(first), content_hash(second)});
  if (const auto known = cache.find(key); known && known->size() == kPairedNumbers)
    return precision_of(*known);
  const std::optional<PairedPrecision> computed =
      compare_precision(std::span(first.items()), std::span(second.items()), options);
  if (computed) cache.put(key, numbers_of(*computed));
  return computed;
}

Interval precision_interval(const SharedList<DetectedImage>& images, StatisticsCache& cache,
                            const BootstrapOptions& options) {
  const StatisticKey key = key_of("map_interval", options, {content_hash(images)});
  if (const auto known = cache.find(key); known && known->size() == 2)
    return {(*known)[0], (*known)[1]};
  const Interval computed = precision_interval(std::span(images.items()), options);
  cache.put(key, {computed.low, computed.high});
  return computed;
}

}  // namespace qbench
