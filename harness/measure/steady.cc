#include "harness/measure/steady.h"

#include <algorithm>
#include <utility>

#include "reports/record/latency.h"

namespace qbench {
namespace {

// Asking for the clock takes time, and clocks change more slowly than this.
constexpr std::int64_t kReadEveryNs = 5'000'000;

}  // namespace

std::vector<bool> find_steady(std::span<const ClockState> states) {
  std::vector<double> clocks;
  for (const ClockState& state : states)
    if (!state.throttled) clocks.push_back(state.mhz);
  const double least = clocks.empty() ? 0 : kSteadyClock * median(clocks);
  std::vector<bool> steady;
  steady.reserve(states.size());
  for (const ClockState& state : states) steady.push_back(!state.throttled && state.mhz >= least);
  return steady;
}

SteadySamples::SteadySamples(Clock clock, ReadClockState read)
    : clock_(std::move(clock)), read_(std::move(read)), last_read_(clock_()) {}

void SteadySamples::add(double latency_ns) {
  latency_ns_.push_back(latency_ns);
  ++steady_;
  if (clock_() - last_read_ >= kReadEveryNs) read_state();
}

// One state stands for all samples since the one before.
void SteadySamples::read_state() {
  if (states_.size() == taken()) return;
  std::optional<ClockState> state = read_();
  if (!state && !states_.empty()) state = states_.back();
  if (state) states_.resize(taken(), *state);
  last_read_ = clock_();
}

void SteadySamples::judge() {
  read_state();
  if (states_.empty()) return;
  verdicts_ = find_steady(states_);
  steady_ = taken() - static_cast<std::size_t>(std::ranges::count(verdicts_, false));
}

std::vector<double> SteadySamples::steady_ns() const {
  std::vector<double> kept;
  for (std::size_t i = 0; i < taken(); ++i)
    if (is_steady(i)) kept.push_back(latency_ns_[i]);
  return kept;
}

Series SteadySamples::finish() {
  judge();
  const bool keep_all = 2 * steady_ < taken();
  Series series;
  for (std::size_t i = 0; i < taken(); ++i) {
    if (!keep_all && !is_steady(i)) continue;
    series.latency_ns.push_back(latency_ns_[i]);
    series.runs.push_back(i);
    if (i < states_.size()) series.clock_mhz.push_back(states_[i].mhz);
  }
  (keep_all ? series.slowed : series.discarded) = taken() - steady_;
  return series;
}

}  // namespace qbench
