#include "reports/judge/sequential.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr double kMostStake = 0.9;  // of the capital, on one image

// Before there are images: no drop, and discordant images as rare as they usually are. Any values
// known in advance keep the guarantee.
constexpr double kPriorImages = 1000;  // of the mean
constexpr double kPriorOfVariance = 100;
constexpr double kPriorDiscordant = 0.02;

double log_upper(double stake, int difference, double m) {
  return std::log1p(-std::min(stake, kMostStake / (1 - m)) * (difference - m));
}

double log_lower(double stake, int difference, double m) {
  return std::log1p(std::min(stake, kMostStake / (1 + m)) * (difference - m));
}

}  // namespace

SequentialDrop::SequentialDrop(double margin, double confidence)
    : margin_(margin), confidence_(confidence) {
  if (!(margin > -1 && margin < 1))
    throw Error(fmt::format("margin {}, expected a fraction between -1 and 1", margin));
}

void SequentialDrop::add(int difference) {
  const auto n = static_cast<double>(images());
  const double mean = static_cast<double>(sum_) / (n + kPriorImages);
  const double square = (static_cast<double>(discordant_) + kPriorOfVariance * kPriorDiscordant) /
                        (n + kPriorOfVariance);
  // (mean - m) over the mean of (d - m)^2: what grows best against the drop m.
  const auto stake = [&](double m) { return (mean - m) / (square - 2 * m * mean + m * m); };
  const bool beyond = mean > margin_;
  const Bet bet{.difference = difference,
                .upper = std::max(0.0, -stake(margin_)),
                .lower = std::max(0.0, stake(beyond ? margin_ : -std::fabs(margin_)))};
  bets_.push_back(bet);
  sum_ += difference;
  discordant_ += difference != 0 ? 1 : 0;
  upper_at_margin_ += log_upper(bet.upper, difference, margin_);
  lower_at_margin_ += log_lower(bet.lower, difference, margin_);
  if (verdict_ != Verdict::Word::inconclusive) return;
  const double limit = log_limit(confidence_);
  if (upper_at_margin_ >= limit) verdict_ = Verdict::Word::ok;
  if (lower_at_margin_ >= limit) verdict_ = Verdict::Word::worse;
}

double SequentialDrop::log_limit(double confidence) { return std::log(2 / (1 - confidence)); }

double SequentialDrop::drop() const {
  return bets_.empty() ? 0 : static_cast<double>(sum_) / static_cast<double>(images());
}

double SequentialDrop::flip_rate() const {
  return bets_.empty() ? 0 : static_cast<double>(discordant_) / static_cast<double>(images());
}

double SequentialDrop::log_capital_upper(double m) const {
  double most = 0;
  double capital = 0;
  for (const Bet& bet : bets_)
    most = std::max(most, capital += log_upper(bet.upper, bet.difference, m));
  return most;
}

double SequentialDrop::log_capital_lower(double m) const {
  double most = 0;
  double capital = 0;
  for (const Bet& bet : bets_)
    most = std::max(most, capital += log_lower(bet.lower, bet.difference, m));
  return most;
}

// The capital against m grows with m for the upper end, and falls with it for the lower one.
Interval SequentialDrop::interval(double confidence) const {
  constexpr int kHalvings = 40;
  const double limit = log_limit(confidence);
  Interval ends{-1, 1};
  double low = -1, high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (log_capital_upper(middle) >= limit ? high : low) = middle;
  }
  ends.high = high;
  low = -1, high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (log_capital_lower(middle) >= limit ? low : high) = middle;
  }
  ends.low = low;
  return ends;
}

SequentialDrop sequential_drop(std::span<const Prediction> first,
                               std::span<const Prediction> second, int k, double margin) {
  std::unordered_map<std::int64_t, bool> right;
  for (const Prediction& prediction : first) right[prediction.sample] = prediction.right(k);
  SequentialDrop drop(margin);
  for (const Prediction& prediction : second) {
    const auto found = right.find(prediction.sample);
    if (found == right.end()) continue;
    drop.add((found->second ? 1 : 0) - (prediction.right(k) ? 1 : 0));
  }
  return drop;
}

}  // namespace qbench
