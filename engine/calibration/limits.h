// Smallest and largest of a stream of values.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "engine/core/quant_params.h"

namespace qbench {

class Limits {
 public:
  // Throws Error when a value is not finite.
  void add(std::span<const float> values);
  void merge(const Limits& other);
  Range range() const;  // {0, 0} before any value; never -0

 private:
  // Floats in the order of integers, so that the compiler may reorder and vectorise comparisons:
  // the bits, with those of a negative number turned round.
  std::int32_t lowest_ = std::numeric_limits<std::int32_t>::max();
  std::int32_t highest_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace qbench
