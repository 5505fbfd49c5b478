// Ratio of two median latencies, with a block bootstrap interval.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "engine/core/error.h"
#include "reports/statistics.h"

namespace qbench {
namespace {

double positive_median(std::span<const double> samples) {
  if (std::any_of(samples.begin(), samples.end(), [](double x) { return !(x > 0); })) {
    throw Error("a latency sample that is not above 0");
  }
  return median(samples);
}

// Medians of resampled series. Blocks wrap around the end (Politis and Romano's circular
// bootstrap), so that every sample is drawn equally often.
class BlockBootstrap {
 public:
  explicit BlockBootstrap(std::span<const double> samples)
      : samples_(samples),
        block_(static_cast<std::size_t>(std::ceil(std::cbrt(static_cast<double>(samples.size()))))),
        drawn_(samples.size()) {}

  double median(std::mt19937_64& random) {
    const std::size_t n = samples_.size();
    for (std::size_t filled = 0; filled < n;) {
      std::size_t at = random() % n;
      const std::size_t stop = std::min(filled + block_, n);
      for (; filled < stop; ++filled) {
        drawn_[filled] = samples_[at];
        if (++at == n) at = 0;
      }
    }
    const auto middle = drawn_.begin() + static_cast<std::ptrdiff_t>(n / 2);
    std::nth_element(drawn_.begin(), middle, drawn_.end());
    if (n % 2 == 1) return *middle;
    return (*middle + *std::max_element(drawn_.begin(), middle)) / 2;
  }

 private:
  std::span<const double> samples_;
  std::size_t block_;
  std::vector<double> drawn_;
};

}  // namespace

RatioEstimate ratio_of_medians(std::span<const double> numerator,
                               std::span<const double> denominator,
                               const BootstrapOptions& options) {
  const double ratio = positive_median(numerator) / positive_median(denominator);
  BlockBootstrap above(numerator);
  BlockBootstrap below(denominator);
  std::mt19937_64 random(options.seed);
  std::vector<double> ratios;
  for (int i = 0; i < options.resamples; ++i) {
    const double top = above.median(random);
    ratios.push_back(top / below.median(random));
  }
  if (ratios.empty()) return {ratio, {ratio, ratio}};
  const double tail = (1 - options.confidence) / 2;
  return {ratio, {percentile(ratios, tail), percentile(ratios, 1 - tail)}};
}

}  // namespace qbench
