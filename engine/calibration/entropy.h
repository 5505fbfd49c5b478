// Calibration mode entropy: the threshold at which the quantized distribution of values tells most
// about the real one (the smallest Kullback-Leibler divergence), as the MXNet 1.5 examples choose
// it. docs/calibration.md has the algorithm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "engine/calibration/histogram.h"
#include "engine/calibration/observer.h"

namespace qbench {

inline constexpr std::size_t kEntropyBins = 8001;
inline constexpr int kEntropyLevelsS8 = 255;
inline constexpr int kEntropyLevelsU8 = 511;  // symmetric: 256 of them for values >= 0

struct EntropyChoice {
  int half_width = 0;     // the window is the middle bin and this many on either side
  double divergence = 0;  // in nats
};

// `histogram` has an odd number of equal bins, symmetric about zero, more than `levels`. Nothing
// when no window has a divergence: fewer than two distinct magnitudes, or no values at all.
std::optional<EntropyChoice> choose_by_entropy(std::span<const std::uint64_t> histogram,
                                               int levels);

class EntropyObserver : public Observer {
 public:
  void observe(std::span<const float> values) override;
  void merge(const Observer& other) override;
  // (-t, t), or (0, t) when no value was negative; what was observed when entropy gives nothing.
  Range range(DType dtype) const override;
  std::unique_ptr<Observer> clone() const override;

 private:
  StreamingHistogram histogram_;
};

}  // namespace qbench
