// An observer sees the f32 values of one tensor, batch after batch, and gives the range to
// quantize.
//
// What an observer has seen depends only on the multiset of values, never on their order, on the
// batch size or on which thread brought them: observers of several workers are merged, and the
// result is the same bit for bit.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/core/quant_params.h"

namespace qbench {

class Observer {
 public:
  virtual ~Observer() = default;
  // Throws Error when a value is not finite.
  virtual void observe(std::span<const float> values) = 0;
  // Adds what `other`, an observer of the same kind, has seen.
  virtual void merge(const Observer& other) = 0;
  // The range for quantization to `dtype` (s8 or u8) from all that was seen so far. Const, so that
  // it can be asked after any batch.
  virtual Range range(DType dtype) const = 0;
  virtual std::unique_ptr<Observer> clone() const = 0;
};

}  // namespace qbench
