// Calibration mode naive: the smallest and the largest value.
#pragma once

#include <memory>

#include "engine/calibration/limits.h"
#include "engine/calibration/observer.h"

namespace qbench {

class MinMaxObserver : public Observer {
 public:
  void observe(std::span<const float> values) override;
  void merge(const Observer& other) override;
  Range range(DType dtype) const override;  // the same for s8 and u8
  std::unique_ptr<Observer> clone() const override;

 private:
  Limits limits_;
};

}  // namespace qbench
