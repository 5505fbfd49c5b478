#include "engine/calibration/min_max.h"

namespace qbench {

void MinMaxObserver::observe(std::span<const float> values) { limits_.add(values); }

void MinMaxObserver::merge(const Observer& other) {
  limits_.merge(dynamic_cast<const MinMaxObserver&>(other).limits_);
}

Range MinMaxObserver::range(DType /*dtype*/) const { return limits_.range(); }

std::unique_ptr<Observer> MinMaxObserver::clone() const {
  return std::make_unique<MinMaxObserver>(*this);
}

}  // namespace qbench
