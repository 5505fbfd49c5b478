#include "engine/calibration/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace qbench {
namespace {

constexpr std::size_t kBlock = 1024;

template <class Count>
void merge_neighbours(std::vector<Count>& counts, int shift) {
  constexpr std::size_t kSide = StreamingHistogram::kBinsPerSide;
  for (std::size_t side = 0; side < counts.size(); side += kSide) {
    for (std::size_t bin = 1; bin < kSide; ++bin) {
      const Count moved = std::exchange(counts[side + bin], 0);
      counts[side + (bin >> shift)] += moved;
    }
  }
}

}  // namespace

void StreamingHistogram::add(std::span<const float> values) {
  while (!values.empty()) {
    const std::size_t size = std::min(values.size(), kBlock);
    add_block(values.first(size));
    values = values.subspan(size);
  }
}

void StreamingHistogram::add_block(std::span<const float> values) {
  limits_.add(values);
  make_room(limits_.range());
  if (recent_values_ + values.size() > flush_after_) flush();

  // First the bins, in a loop without dependences; then the counting, without the zeros, of which
  // there are many behind a relu and which would all wait for one counter.
  const float bins_per_unit = std::ldexp(static_cast<float>(kBinsPerSide), -exponent_);
  std::array<std::uint32_t, kBlock> bins;  // NOLINT(*-member-init): written before it is read
  std::size_t found = 0;
  for (const float value : values) {
    const auto magnitude =
        static_cast<std::uint32_t>(static_cast<std::int32_t>(std::fabs(value) * bins_per_unit));
    bins[found] = magnitude + (value < 0 ? static_cast<std::uint32_t>(kBinsPerSide) : 0U);
    found += value != 0 ? 1U : 0U;
  }
  for (std::size_t i = 0; i < found; ++i) ++recent_[bins[i]];
  recent_values_ += found;
  zeros_ += values.size() - found;
}

void StreamingHistogram::make_room(const Range& range) {
  if (range.max_abs() == 0) return;  // zeros have no magnitude: any width of bins will do
  int exponent = 0;
  std::frexp(range.max_abs(), &exponent);  // max_abs < 2^exponent
  widen(exponent);
  const std::size_t needed = range.min < 0 ? 2 * kBinsPerSide : kBinsPerSide;
  if (recent_.size() >= needed) return;
  recent_.resize(needed);
  if (!flushed_.empty()) flushed_.resize(needed);
}

void StreamingHistogram::widen(int exponent) {
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, kBinBits);
  merge_neighbours(recent_, shift);
  merge_neighbours(flushed_, shift);
  exponent_ = exponent;
}

void StreamingHistogram::flush() {
  flushed_.resize(recent_.size());
  for (std::size_t bin = 0; bin < recent_.size(); ++bin)
    flushed_[bin] += std::exchange(recent_[bin], 0);
  recent_values_ = 0;
}

std::uint64_t StreamingHistogram::count(std::size_t bin) const {
  return recent_[bin] + (flushed_.empty() ? 0 : flushed_[bin]);
}

void StreamingHistogram::merge(const StreamingHistogram& other) {
  limits_.merge(other.limits_);
  zeros_ += other.zeros_;
  widen(other.exponent_);
  make_room(limits_.range());
  flush();
  const int shift = std::min(exponent_ - other.exponent_, kBinBits);
  for (std::size_t i = 0; i < other.recent_.size(); ++i) {
    const std::size_t side = i / kBinsPerSide * kBinsPerSide;
    flushed_[side + ((i - side) >> shift)] += other.count(i);
  }
}

std::vector<std::uint64_t> StreamingHistogram::equal_bins(std::size_t bins) const {
  std::vector<std::uint64_t> result(bins, 0);
  result[bins / 2] = zeros_;
  const double limit = range().max_abs();
  const double width = std::ldexp(1.0, exponent_) / static_cast<double>(kBinsPerSide);
  const double bins_per_unit = static_cast<double>(bins) / (2 * limit);
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    const std::uint64_t values = count(i);
    if (values == 0) continue;
    const bool negative = i >= kBinsPerSide;
    const double centre = (static_cast<double>(i % kBinsPerSide) + 0.5) * width;
    const double position = (limit + (negative ? -centre : centre)) * bins_per_unit;
    result[static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(bins - 1)))] +=
        values;
  }
  return result;
}

}  // namespace qbench
