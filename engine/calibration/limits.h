// Smallest and largest of a stream of values.
#pragma once

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
  float lowest_ = std::numeric_limits<float>::infinity();
  float highest_ = -std::numeric_limits<float>::infinity();
};

}  // namespace qbench
