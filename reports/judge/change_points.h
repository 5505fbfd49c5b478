// Where a series of measurements, one for each night, changed its level.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qbench {

struct ChangePointOptions {
  // Of one test. Nights are tested again and again as a series grows, so that this is less than 5
  // %.
  double level = 0.001;
  std::size_t least = 3;    // values on either side: one odd night is no step
  int permutations = 1999;  // at most; no p-value is below 1 / (permutations + 1)
  std::uint64_t seed = 1;   // the same seed gives the same answer
};

struct ChangePoint {
  std::size_t index = 0;  // the first value of the new level
  double p_value = 1;

  bool operator==(const ChangePoint&) const = default;
};

struct ChangePoints {
  std::vector<ChangePoint> points{};  // in order
  double p_value = 1;                 // of there being any
};

// E-divisive (Matteson and James 2014, JASA 109:334) with exponent 1: the split with the largest
// energy distance between its two sides, then those of the sides, as long as they are significant
// by permutation (Monte Carlo as in Besag and Clifford 1991, Biometrika 78:301, who stop early
// where nothing is to be found). Knows no distribution; supposes that values without a change may
// be exchanged. Throws Error for a value that is not finite.
ChangePoints change_points(std::span<const double> values, const ChangePointOptions& options = {});

}  // namespace qbench
