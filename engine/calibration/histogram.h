// A histogram of a stream of values whose limits are not known in advance.
//
// Magnitudes are counted in 131072 bins over [0, 2^e) for either sign; e is that of the largest
// magnitude so far (zeros have none, and are counted apart), and when it grows neighbouring bins
// are merged. As all bin widths are powers of two, a count
// says how many values lay in its bin exactly, so that the order of values, their batches and the
// merging of histograms make no difference.
//
// Memory: 512 KiB while no value is negative, else 1 MiB; three times that after 2^32 values or a
// merge.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/calibration/limits.h"

namespace qbench {

class StreamingHistogram {
 public:
  static constexpr int kBinBits = 17;
  static constexpr std::size_t kBinsPerSide = std::size_t{1} << kBinBits;

  // After `flush_after` non-zero values counts move from 32 to 64 bits.
  explicit StreamingHistogram(std::uint64_t flush_after = std::numeric_limits<std::uint32_t>::max())
      : flush_after_(flush_after) {}

  // Throws Error when a value is not finite.
  void add(std::span<const float> values);
  void merge(const StreamingHistogram& other);

  Range range() const { return limits_.range(); }
  // Counts in `bins` (odd) equal bins over [-m, m], m = range().max_abs(). Each of the fine bins
  // goes where its centre lies: a value lands in its own bin or, when it lies less than 1/32
  // of a bin from the edge, in the neighbour. Exact zeros are always in the middle one.
  std::vector<std::uint64_t> equal_bins(std::size_t bins) const;

 private:
  void add_block(std::span<const float> values);
  void make_room(const Range& range);
  void widen(int exponent);
  void flush();
  std::uint64_t count(std::size_t bin) const;

  Limits limits_;
  std::uint64_t zeros_ = 0;
  int exponent_ = kSmallestExponent;
  // By magnitude; positive values first, then, once there are any, negative ones.
  std::vector<std::uint32_t> recent_;
  std::vector<std::uint64_t> flushed_;  // empty, or as many
  std::uint64_t recent_values_ = 0;
  std::uint64_t flush_after_;

  // Scales are never smaller than 1e-18, so finer bins would tell nothing.
  static constexpr int kSmallestExponent = -64;
};

}  // namespace qbench
