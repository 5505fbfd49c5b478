#include "reports/judge/latency_change.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numbers>

namespace qbench {
namespace {

using Medians = std::vector<std::optional<double>>;

constexpr std::size_t kLeastOthers = 3;  // networks, for a median that one of them does not decide
constexpr double kTail = 0.025;          // on either side of an interval

struct Moments {
  double mean = 0;
  double variance = 0;  // of the mean; 0 for a single value
  double freedom = 0;
};

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Moments m;
  for (const double value : values) m.mean += value / n;
  m.freedom = n - 1;
  if (values.size() < 2) return m;
  for (const double value : values) m.variance += (value - m.mean) * (value - m.mean) / (n - 1) / n;
  return m;
}

// A difference of logarithms and what is known of it.
struct Difference {
  double value = 0;
  double variance = 0;
  double freedom = 0;  // 0: nothing is known of the variance
};

// Welch (1947), Biometrika 34:28.
Difference welch(std::span<const double> before, std::span<const double> after) {
  const Moments a = moments(before);
  const Moments b = moments(after);
  Difference d{.value = b.mean - a.mean, .variance = a.variance + b.variance};
  if (a.freedom < 1 || b.freedom < 1) return d;
  const double uneven = a.variance * a.variance / a.freedom + b.variance * b.variance / b.freedom;
  d.freedom = uneven > 0 ? d.variance * d.variance / uneven : a.freedom + b.freedom;
  return d;
}

Estimate ratio_of(const Difference& d) {
  Estimate estimate{.value = std::exp(d.value), .interval = std::nullopt};
  if (d.freedom <= 0) return estimate;
  const boost::math::students_t_distribution<double> student(d.freedom);
  const double half =
      boost::math::quantile(boost::math::complement(student, kTail)) * std::sqrt(d.variance);
  estimate.interval = Interval{std::exp(d.value - half), std::exp(d.value + half)};
  return estimate;
}

std::optional<double> p_value(const Difference& d) {
  if (d.freedom <= 0) return std::nullopt;
  if (d.variance <= 0) return d.value == 0 ? 1 : 0;
  const boost::math::students_t_distribution<double> student(d.freedom);
  const double t = std::fabs(d.value) / std::sqrt(d.variance);
  return 2 * boost::math::cdf(boost::math::complement(student, t));
}

std::vector<double> logarithms(const Medians& medians) {
  std::vector<double> logs;
  for (const std::optional<double>& median : medians)
    if (median) logs.push_back(std::log(*median));
  return logs;
}

// Of the rounds that both have.
std::vector<double> log_ratios(const Medians& medians, const Medians& control) {
  std::vector<double> logs;
  for (std::size_t round = 0; round < std::min(medians.size(), control.size()); ++round)
    if (medians[round] && control[round])
      logs.push_back(std::log(*medians[round] / *control[round]));
  return logs;
}

bool timed(const TimedCell& cell) {
  return !logarithms(cell.before).empty() && !logarithms(cell.after).empty();
}

Difference measured(const TimedCell& cell) {
  return welch(logarithms(cell.before), logarithms(cell.after));
}

// How the same precision changed in other networks on the backend.
struct Others {
  std::vector<double> changes;  // logarithms
  std::size_t networks = 0;
};

Others other_networks(std::span<const TimedCell> cells, const TimedCell& cell,
                      std::string_view precision) {
  Others found;
  std::vector<std::string_view> networks;
  for (const TimedCell& other : cells) {
    if (other.network == cell.network || other.backend != cell.backend ||
        other.precision != precision || !timed(other)) {
      continue;
    }
    found.changes.push_back(measured(other).value);
    if (std::ranges::count(networks, other.network) == 0) networks.push_back(other.network);
  }
  found.networks = networks.size();
  return found;
}

Difference corrected_by(const Others& others, const Difference& own) {
  const auto n = static_cast<double>(others.networks);
  const double spread =
      moments(others.changes).variance * static_cast<double>(others.changes.size());
  Difference d = own;
  d.value -= median(others.changes);
  d.variance = std::max(own.variance, spread) + std::numbers::pi / 2 * spread / n;
  d.freedom = own.freedom > 0 ? std::min(own.freedom, n - 1) : n - 1;
  return d;
}

const TimedCell* fp32_of(std::span<const TimedCell> cells, const TimedCell& cell) {
  if (cell.precision == "fp32") return nullptr;
  const auto found = std::ranges::find_if(cells, [&cell](const TimedCell& other) {
    return other.precision == "fp32" && other.row == cell.row && timed(other);
  });
  return found == cells.end() ? nullptr : &*found;
}

void use(Control control, const Difference& difference, LatencyChange& change) {
  change.control = control;
  change.corrected = ratio_of(difference);
  change.p_value = p_value(difference);
}

void correct_by_fp32(std::span<const TimedCell> cells, const TimedCell& cell,
                     const TimedCell& control, LatencyChange& change) {
  use(Control::fp32,
      welch(log_ratios(cell.before, control.before), log_ratios(cell.after, control.after)),
      change);
  const Others others = other_networks(cells, control, control.precision);
  if (others.networks < kLeastOthers) return;
  const std::optional<double> p = p_value(corrected_by(others, measured(control)));
  if (p && *p <= 2 * kTail)
    change.beside_others = std::exp(measured(cell).value - median(others.changes));
}

void correct(std::span<const TimedCell> cells, const TimedCell& cell, LatencyChange& change) {
  const TimedCell* control = fp32_of(cells, cell);
  if (control != nullptr && !log_ratios(cell.before, control->before).empty() &&
      !log_ratios(cell.after, control->after).empty()) {
    return correct_by_fp32(cells, cell, *control, change);
  }
  const Others others = other_networks(cells, cell, cell.precision);
  if (others.networks >= kLeastOthers)
    use(Control::others, corrected_by(others, measured(cell)), change);
}

}  // namespace

std::vector<std::optional<LatencyChange>> latency_changes(std::span<const TimedCell> cells) {
  std::vector<std::optional<LatencyChange>> changes;
  for (const TimedCell& cell : cells) {
    std::optional<LatencyChange>& change = changes.emplace_back();
    if (!timed(cell)) continue;
    change.emplace(LatencyChange{.measured = ratio_of(measured(cell))});
    correct(cells, cell, *change);
  }
  return changes;
}

std::optional<MachineDrift> machine_drift(std::span<const TimedCell> cells) {
  std::vector<double> fp32;
  std::vector<double> all;
  for (const TimedCell& cell : cells) {
    if (!timed(cell)) continue;
    all.push_back(measured(cell).value);
    if (cell.precision == "fp32") fp32.push_back(all.back());
  }
  const std::vector<double>& changes = fp32.empty() ? all : fp32;
  if (changes.empty()) return std::nullopt;
  return MachineDrift{.ratio = std::exp(median(changes)), .cells = changes.size()};
}

}  // namespace qbench
