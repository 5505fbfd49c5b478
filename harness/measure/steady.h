// A processor that slows down, against heat or for want of power, makes samples that tell nothing
// of the network: which ones these are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/backends/backend.h"

namespace qbench {

using Clock = std::function<std::int64_t()>;  // nanoseconds, never going back
using ReadClockState = std::function<std::optional<ClockState>()>;

// A clock below this share of the median is not the steady one.
inline constexpr double kSteadyClock = 0.95;

// For each state whether it is steady: not throttled, and its clock not below kSteadyClock of the
// median clock of those that are not throttled.
std::vector<bool> find_steady(std::span<const ClockState> states);

// Latency samples with the processor's clock beside each.
struct Series {
  std::vector<double> latency_ns;
  std::vector<std::size_t> runs;  // which of the timed runs they are, from 0, ascending
  std::vector<double> clock_mhz;  // of the same runs; empty where it is not told
  std::size_t discarded = 0;      // timed runs that are left out
  std::size_t slowed = 0;         // not steady and kept: more than half would have been left out
};

// Collects a series.
class SteadySamples {
 public:
  SteadySamples(Clock clock, ReadClockState read);

  void add(double latency_ns);
  // Makes `steady` right. Costs a sort of all samples.
  void judge();

  std::size_t taken() const { return latency_ns_.size(); }
  // Those added after the latest call of `judge` are taken for steady.
  std::size_t steady() const { return steady_; }
  std::vector<double> steady_ns() const;
  Series finish();

 private:
  void read_state();
  bool is_steady(std::size_t i) const { return i >= verdicts_.size() || verdicts_[i]; }

  Clock clock_;
  ReadClockState read_;
  std::int64_t last_read_;
  std::vector<double> latency_ns_;
  std::vector<ClockState> states_;  // of the first of them, or of none
  std::vector<bool> verdicts_;      // of the first of them
  std::size_t steady_ = 0;
};

}  // namespace qbench
