// Accuracy of two networks on the same images.
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "engine/core/error.h"
#include "reports/judge/statistics.h"

namespace qbench {
namespace {

constexpr std::int64_t kExactUpTo = 100;  // discordant images; beyond, both tests agree

double per(std::int64_t count, std::int64_t total) {
  return total == 0 ? 0 : static_cast<double>(count) / static_cast<double>(total);
}

std::vector<const Prediction*> by_sample(std::span<const Prediction> predictions) {
  std::vector<const Prediction*> order;
  order.reserve(predictions.size());
  for (const Prediction& prediction : predictions) order.push_back(&prediction);
  std::stable_sort(order.begin(), order.end(),
                   [](const Prediction* a, const Prediction* b) { return a->sample < b->sample; });
  return order;
}

// Calls visit(a, b) for every sample that both sides predicted.
template <class Visitor>
void for_each_pair(std::span<const Prediction> first, std::span<const Prediction> second,
                   Visitor&& visit) {
  const std::vector<const Prediction*> a = by_sample(first);
  const std::vector<const Prediction*> b = by_sample(second);
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i]->sample < b[j]->sample) {
      ++i;
    } else if (b[j]->sample < a[i]->sample) {
      ++j;
    } else {
      visit(*a[i++], *b[j++]);
    }
  }
}

double normal_quantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

// Wilson's score interval of one proportion.
Interval wilson(double successes, double n, double z) {
  const double p = successes / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {centre - half, centre + half};
}

// Correlation of being right in both, towards zero by the continuity correction of method 10.
double corrected_phi(const PairedCounts& counts, double n) {
  const auto a = static_cast<double>(counts.both_right);
  const auto b = static_cast<double>(counts.only_first);
  const auto c = static_cast<double>(counts.only_second);
  const auto d = static_cast<double>(counts.both_wrong);
  const double denominator = std::sqrt((a + b) * (c + d) * (a + c) * (b + d));
  if (denominator == 0) return 0;
  const double covariance = a * d - b * c;
  return (covariance > 0 ? std::max(covariance - n / 2, 0.0) : covariance) / denominator;
}

}  // namespace

double PairedCounts::drop() const { return per(only_first - only_second, total()); }
double PairedCounts::flip_rate() const { return per(discordant(), total()); }
double Agreement::rate() const { return per(same, total); }

PairedCounts count_pairs(std::span<const Prediction> first, std::span<const Prediction> second,
                         int k) {
  PairedCounts counts;
  for_each_pair(first, second, [&](const Prediction& a, const Prediction& b) {
    const bool first_right = a.right(k);
    const bool second_right = b.right(k);
    if (first_right && second_right) ++counts.both_right;
    if (first_right && !second_right) ++counts.only_first;
    if (!first_right && second_right) ++counts.only_second;
    if (!first_right && !second_right) ++counts.both_wrong;
  });
  return counts;
}

Agreement count_agreement(std::span<const Prediction> first, std::span<const Prediction> second) {
  Agreement agreement;
  for_each_pair(first, second, [&](const Prediction& a, const Prediction& b) {
    agreement.same += a.top[0] != Prediction::kNone && a.top[0] == b.top[0] ? 1 : 0;
    ++agreement.total;
  });
  return agreement;
}

double mcnemar_p(const PairedCounts& counts) {
  const auto n = static_cast<double>(counts.discordant());
  if (n == 0) return 1;
  const auto fewer = static_cast<double>(std::min(counts.only_first, counts.only_second));
  if (counts.discordant() <= kExactUpTo) {
    const boost::math::binomial_distribution<double> coin(n, 0.5);
    const double tie = boost::math::pdf(coin, fewer);
    if (counts.only_first == counts.only_second) return 1 - tie / 2;
    return 2 * boost::math::cdf(coin, fewer) - tie;
  }
  const double excess = std::max(n - 2 * fewer - 1, 0.0);
  const boost::math::chi_squared_distribution<double> chi_squared(1);
  return boost::math::cdf(boost::math::complement(chi_squared, excess * excess / n));
}

Interval drop_interval(const PairedCounts& counts, double confidence) {
  if (!(confidence > 0 && confidence < 1)) throw Error("a confidence outside 0..1 was asked for");
  if (counts.total() == 0) return {-1, 1};
  const auto n = static_cast<double>(counts.total());
  const auto first = static_cast<double>(counts.both_right + counts.only_first);
  const auto second = static_cast<double>(counts.both_right + counts.only_second);
  const double z = normal_quantile((1 + confidence) / 2);
  const Interval limits1 = wilson(first, n, z);
  const Interval limits2 = wilson(second, n, z);
  const double phi = corrected_phi(counts, n);
  const auto joined = [phi](double x, double y) {
    return std::sqrt(std::max(x * x - 2 * phi * x * y + y * y, 0.0));
  };
  const double drop = counts.drop();
  return {drop - joined(first / n - limits1.low, limits2.high - second / n),
          drop + joined(limits1.high - first / n, second / n - limits2.low)};
}

Interval proportion_interval(std::int64_t right, std::int64_t total, double confidence) {
  if (total == 0) return {0, 1};
  const double z = normal_quantile((1 + confidence) / 2);
  return wilson(static_cast<double>(right), static_cast<double>(total), z);
}

Interval at_least_unseen(const Interval& interval, double value, std::int64_t images,
                         double confidence) {
  if (images <= 0) return {value - 1, value + 1};
  const double unseen = 1 - std::pow((1 - confidence) / 2, 1 / static_cast<double>(images));
  return {std::min(interval.low, value - unseen), std::max(interval.high, value + unseen)};
}

Verdict::Word judge_drop(const Interval& drop, double margin) {
  if (drop.high < margin) return Verdict::Word::ok;
  if (drop.low > margin) return Verdict::Word::worse;
  return Verdict::Word::inconclusive;
}

std::int64_t images_needed(double flip_rate, double margin, const PlanOptions& options) {
  if (!(flip_rate >= 0 && flip_rate <= 1) || !(margin > 0) || options.drop == margin) {
    throw Error(fmt::format(
        "flip rate {}, margin {} and drop {}, expected a rate in 0..1, a margin above 0 and "
        "another drop than that",
        flip_rate, margin, options.drop));
  }
  const double z = normal_quantile(1 - options.alpha) + normal_quantile(options.power);
  const double distance = margin - options.drop;
  const double variance = std::max(flip_rate - options.drop * options.drop, 0.0);
  return static_cast<std::int64_t>(std::ceil(variance * z * z / (distance * distance)));
}

}  // namespace qbench
