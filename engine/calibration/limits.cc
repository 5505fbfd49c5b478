#include "engine/calibration/limits.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/error.h"

namespace qbench {
namespace {

// The compiler may not reorder float comparisons and sums: lanes make them independent of each
// other, so that it can use vectors.
constexpr std::size_t kLanes = 16;

struct Lanes {
  std::array<float, kLanes> lowest;
  std::array<float, kLanes> highest;
  std::array<float, kLanes> finite{};  // sum of 0 * value: NaN once a value is not finite

  void add(const float* values) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      lowest[i] = values[i] < lowest[i] ? values[i] : lowest[i];
      highest[i] = values[i] > highest[i] ? values[i] : highest[i];
      finite[i] += values[i] * 0;
    }
  }
};

}  // namespace

void Limits::add(std::span<const float> values) {
  Lanes lanes;
  lanes.lowest.fill(lowest_);
  lanes.highest.fill(highest_);
  for (; values.size() >= kLanes; values = values.subspan(kLanes)) lanes.add(values.data());
  if (!values.empty()) {
    std::array<float, kLanes> rest;
    rest.fill(values[0]);
    std::ranges::copy(values, rest.begin());
    lanes.add(rest.data());
  }
  if (std::ranges::any_of(lanes.finite, [](float x) { return std::isnan(x); }))
    throw Error("a value is infinite or not a number, no range can be chosen");
  lowest_ = *std::ranges::min_element(lanes.lowest);
  highest_ = *std::ranges::max_element(lanes.highest);
}

void Limits::merge(const Limits& other) {
  lowest_ = std::min(lowest_, other.lowest_);
  highest_ = std::max(highest_, other.highest_);
}

Range Limits::range() const {
  if (lowest_ > highest_) return {};
  return {lowest_ + 0.0F, highest_ + 0.0F};  // + 0 turns -0 into 0
}

}  // namespace qbench
