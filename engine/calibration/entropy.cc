#include "engine/calibration/entropy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace qbench {
namespace {

constexpr double kEpsilon = 1e-4;  // what an empty bin counts in the smoothed distributions
// Divergences this close are one: the rest is rounding.
constexpr double kTie = 1e-12;

// The divergence of one window is a sum over bins of g(p - e), g(x) = x ln x, less a sum over the
// quantization levels, where e is what smoothing takes from every bin that is not empty. The first
// sum comes from prefix sums of the terms of g's Taylor series about p,
//   g(p - e) = p ln p - e (1 + ln p) + sum over n >= 2 of e^n / (n (n-1) p^(n-1)),
// so that a window costs as much as it has levels, not bins.
class EntropySearch {
 public:
  EntropySearch(std::span<const std::uint64_t> histogram, int levels)
      : bins_(static_cast<int>(histogram.size())), levels_(levels) {
    below_.push_back(0);
    filled_below_.push_back(0);
    series_below_.push_back({});
    for (const std::uint64_t values : histogram) {
      below_.push_back(below_.back() + static_cast<double>(values));
      if (values != 0) filled_.push_back(static_cast<double>(values));
      filled_below_.push_back(static_cast<int>(filled_.size()));
      series_below_.push_back(plus_terms(series_below_.back(), static_cast<double>(values)));
    }
  }

  // Nothing where smoothing is impossible: too few bins are filled.
  std::optional<double> divergence(int half_width) const {
    const Window w = window(half_width);
    const int size = w.end - w.begin;
    const double e = kEpsilon * (size - w.filled) / w.filled;
    if (w.filled == 0 || e >= 1) return std::nullopt;

    const bool left_lost = w.left > 0 && level_sum(w, 0) == 0;
    const bool right_lost = w.right > 0 && level_sum(w, levels_ - 1) == 0;
    const int filled_levels = w.filled - (left_lost ? 1 : 0) - (right_lost ? 1 : 0);
    if (filled_levels <= 0) return std::nullopt;
    const double e_levels = kEpsilon * (size - filled_levels) / filled_levels;
    if (e_levels >= 1) return std::nullopt;

    const std::optional<double> cross = sum_over_levels(w, e, e_levels);
    if (!cross) return std::nullopt;
    const double inside = below(w.end) - below(w.begin);
    return (sum_over_bins(w, e) - *cross) / below(bins_) + std::log(inside / below(bins_));
  }

 private:
  // Sums over bins that are not empty: p ln p, 1 + ln p, p^-1 .. p^-7.
  static constexpr std::size_t kTerms = 9;
  using Series = std::array<double, kTerms>;
  // With 8 powers of e the series is exact to double precision up to here. Beyond, fewer than one
  // bin in 157 is filled, and summing directly is fast.
  static constexpr double kLargestSeriesStep = 1.0 / 64;

  // Bins [begin, end); those at the ends hold what lies outside as well.
  struct Window {
    int begin = 0;
    int end = 0;
    double left = 0;   // the first bin with all that lies before
    double right = 0;  // the last bin with all that lies behind
    int filled = 0;
  };

  static Series plus_terms(Series sums, double p) {
    if (p == 0) return sums;
    sums[0] += p * std::log(p);
    sums[1] += 1 + std::log(p);
    double power = 1;
    for (std::size_t n = 2; n < kTerms; ++n) sums[n] += power /= p;
    return sums;
  }

  double below(int bin) const { return below_[static_cast<std::size_t>(bin)]; }
  int filled_below(int bin) const { return filled_below_[static_cast<std::size_t>(bin)]; }
  const Series& series_below(int bin) const { return series_below_[static_cast<std::size_t>(bin)]; }

  Window window(int half_width) const {
    const int begin = bins_ / 2 - half_width;
    const int end = bins_ / 2 + half_width + 1;
    Window w{begin, end, below(begin + 1), below(bins_) - below(end - 1), 0};
    w.filled = filled_below(end - 1) - filled_below(begin + 1) + (w.left > 0) + (w.right > 0);
    return w;
  }

  int level_begin(const Window& w, int level) const {
    return level == levels_ ? w.end : w.begin + level * ((w.end - w.begin) / levels_);
  }
  // Values that quantize to this level, without those outside the window.
  double level_sum(const Window& w, int level) const {
    return below(level_begin(w, level + 1)) - below(level_begin(w, level));
  }

  double sum_over_bins(const Window& w, double e) const {
    const auto g = [e](double p) { return p > 0 ? (p - e) * std::log(p - e) : 0; };
    double sum = g(w.left) + g(w.right);
    if (e > kLargestSeriesStep) {
      for (int i = filled_below(w.begin + 1); i < filled_below(w.end - 1); ++i)
        sum += g(filled_[static_cast<std::size_t>(i)]);
      return sum;
    }
    const Series& from = series_below(w.begin + 1);
    const Series& to = series_below(w.end - 1);
    sum += (to[0] - from[0]) - e * (to[1] - from[1]);
    double power = e;
    for (std::size_t n = 2; n < kTerms; ++n) {
      power *= e;
      sum += power * (to[n] - from[n]) / static_cast<double>(n * (n - 1));
    }
    return sum;
  }

  // Each level's values are spread evenly over its filled bins: q = sum / filled - e_levels.
  std::optional<double> sum_over_levels(const Window& w, double e, double e_levels) const {
    double cross = 0;
    int begin = w.begin;
    for (int level = 0; level < levels_; ++level) {
      const int end = level_begin(w, level + 1);
      const double sum = below(end) - below(begin);
      double values = sum;  // with those outside
      int filled = filled_below(end) - filled_below(begin);
      if (level == 0) add_outside(w.left, below(w.begin + 1) - below(w.begin), values, filled);
      if (level == levels_ - 1)
        add_outside(w.right, below(w.end) - below(w.end - 1), values, filled);
      begin = end;
      if (filled == 0) continue;
      const double q = sum > 0 ? sum / filled - e_levels : kEpsilon;
      if (q <= 0) return std::nullopt;
      cross += (values - filled * e) * std::log(q);
    }
    return cross;
  }

  static void add_outside(double with_outside, double inside, double& values, int& filled) {
    values += with_outside - inside;
    if (inside == 0 && with_outside > 0) ++filled;
  }

  int bins_;
  int levels_;
  std::vector<double> filled_;  // the counts of the filled bins
  // Prefix sums: entry k is over the first k bins. Counts are exact in double up to 2^53.
  std::vector<double> below_;
  std::vector<int> filled_below_;
  std::vector<Series> series_below_;
};

}  // namespace

std::optional<EntropyChoice> choose_by_entropy(std::span<const std::uint64_t> histogram,
                                               int levels) {
  const EntropySearch search(histogram, levels);
  const int smallest = levels / 2;
  const int largest = static_cast<int>(histogram.size() / 2);
  std::vector<double> divergences;
  for (int half_width = smallest; half_width <= largest; ++half_width) {
    divergences.push_back(
        search.divergence(half_width).value_or(std::numeric_limits<double>::infinity()));
  }
  const double least = *std::ranges::min_element(divergences);
  if (!std::isfinite(least)) return std::nullopt;
  const auto first = std::ranges::find_if(divergences, [&](double d) { return d <= least + kTie; });
  return EntropyChoice{smallest + static_cast<int>(first - divergences.begin()), *first};
}

void EntropyObserver::observe(std::span<const float> values) { histogram_.add(values); }

void EntropyObserver::merge(const Observer& other) {
  histogram_.merge(dynamic_cast<const EntropyObserver&>(other).histogram_);
}

Range EntropyObserver::range(DType dtype) const {
  const Range observed = histogram_.range();
  if (observed.max_abs() == 0) return observed;
  const int levels = dtype == DType::u8 && observed.min >= 0 ? kEntropyLevelsU8 : kEntropyLevelsS8;
  const std::optional<EntropyChoice> choice =
      choose_by_entropy(histogram_.equal_bins(kEntropyBins), levels);
  if (!choice) return observed;
  const double bins = 2 * choice->half_width + 1;
  const auto threshold =
      static_cast<float>(observed.max_abs() * bins / static_cast<double>(kEntropyBins));
  return {observed.min < 0 ? -threshold : 0, threshold};
}

std::unique_ptr<Observer> EntropyObserver::clone() const {
  return std::make_unique<EntropyObserver>(*this);
}

}  // namespace qbench
