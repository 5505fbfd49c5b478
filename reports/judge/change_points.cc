#include "reports/judge/change_points.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr int kEnough =
    10;  // permutations beyond the statistic, after which p is known well enough

struct Split {
  std::size_t index = 0;  // the first on the right
  double statistic = -1;
};

// Sum of |x - y| over y in `values`: most of the time goes here. Four sums do not wait for each
// other.
double distance(double x, std::span<const double> values) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4)
    for (std::size_t k = 0; k < 4; ++k) sums[k] += std::fabs(x - values[i + k]);
  for (; i < values.size(); ++i) sums[0] += std::fabs(x - values[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The split with the largest n m / (n + m) times energy distance.
Split best_split(std::span<const double> values, std::size_t least) {
  double within_left = 0;  // sums over pairs
  double within_right = 0;
  double between = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    within_right += distance(values[i], values.subspan(i + 1));
  Split best;
  for (std::size_t left = 1; left + least <= values.size(); ++left) {
    // The last value of the left side has just come over from the right.
    const double to_left = distance(values[left - 1], values.first(left - 1));
    const double to_right = distance(values[left - 1], values.subspan(left));
    within_left += to_left;
    within_right -= to_right;
    between += to_right - to_left;
    if (left < least) continue;
    const auto n = static_cast<double>(left);
    const auto m = static_cast<double>(values.size() - left);
    const double energy = 2 * between / (n * m) - 2 * within_left / (n * std::max(n - 1, 1.0)) -
                          2 * within_right / (m * std::max(m - 1, 1.0));
    const double statistic = n * m / (n + m) * energy;
    if (statistic > best.statistic || best.index == 0) best = {left, statistic};
  }
  return best;
}

double permutation_p(std::span<const double> values, const Split& split,
                     const ChangePointOptions& options, std::mt19937_64& random) {
  std::vector<double> shuffled(values.begin(), values.end());
  int beyond = 0;
  for (int i = 1; i <= options.permutations; ++i) {
    // Not std::shuffle, whose draws differ between libraries.
    for (std::size_t k = shuffled.size() - 1; k > 0; --k)
      std::swap(shuffled[k], shuffled[random() % (k + 1)]);
    if (best_split(shuffled, options.least).statistic >= split.statistic) ++beyond;
    if (beyond == kEnough) return static_cast<double>(beyond) / i;
  }
  return (beyond + 1.0) / (options.permutations + 1.0);
}

// Splits values[first, last) while that is significant. Returns the p-value of the first split.
double divide(std::span<const double> values, std::size_t offset, const ChangePointOptions& options,
              std::mt19937_64& random, std::vector<ChangePoint>& found) {
  const auto [low, high] = std::ranges::minmax(values);
  if (values.size() < 2 * options.least || low == high) return 1;
  const Split split = best_split(values, options.least);
  const double p = permutation_p(values, split, options, random);
  if (p > options.level) return p;
  found.push_back({offset + split.index, p});
  divide(values.first(split.index), offset, options, random, found);
  divide(values.subspan(split.index), offset + split.index, options, random, found);
  return p;
}

}  // namespace

ChangePoints change_points(std::span<const double> values, const ChangePointOptions& options) {
  for (const double value : values)
    if (!std::isfinite(value)) throw Error("a value in a series that is not finite");
  ChangePoints result;
  if (values.empty()) return result;
  std::mt19937_64 random(options.seed);
  result.p_value = divide(values, 0, options, random, result.points);
  std::ranges::sort(result.points, {}, &ChangePoint::index);
  return result;
}

}  // namespace qbench
