#include "reports/judge/fail_on.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using Scale = ComparedMetric::Scale;
using Standing = CellChange::Standing;

constexpr double kLevel = 0.05;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

const ComparedMetric& find_metric(std::string_view name, std::string_view term) {
  std::vector<std::string_view> names;
  for (const ComparedMetric& metric : compared_metrics()) {
    if (metric.name == name) return metric;
    names.push_back(metric.name);
  }
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("'{}': unknown metric '{}'{}, expected one of {}", term, name,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
                          fmt::join(names, ", ")));
}

double parse_number(std::string_view text, std::string_view term) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(value) || value < 0)
    throw Error(fmt::format("'{}': found '{}', expected a number of 0 or more", term, text));
  return value;
}

Bound parse_term(std::string_view term) {
  const std::size_t sign = term.find('>');
  if (sign == std::string_view::npos)
    throw Error(
        fmt::format("'{}', expected METRIC>NUMBER% or METRIC>NUMBERpp: 'top1>0.2pp'", term));
  const ComparedMetric& metric = find_metric(trimmed(term.substr(0, sign)), term);
  std::string_view number = trimmed(term.substr(sign + 1));
  const bool points = number.ends_with("pp");
  if (!points && !number.ends_with('%'))
    throw Error(fmt::format("'{}': expected a unit, {}", term,
                            metric.scale == Scale::points ? "pp (percentage points) or %" : "%"));
  if (points && metric.scale == Scale::relative)
    throw Error(fmt::format("'{}': {} has no percentage points, expected %", term, metric.name));
  number.remove_suffix(points ? 2 : 1);
  const bool share = metric.name == "flips" || metric.name == "agreement";
  return {.text = std::string(term),
          .metric = std::string(metric.name),
          .limit = parse_number(trimmed(number), term) / 100,
          .relative = metric.scale == Scale::points && !points && !share};
}

// a > b by more than rounding, so that bounds are the decimals that they are.
bool exceeds(double a, double b) {
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::fabs(b));
  return a - b > rounding;
}

// The limit of `worse` in its own scale.
double limit_for(const Bound& bound, const MetricChange& change) {
  return bound.relative ? bound.limit * change.before.value_or(0) : bound.limit;
}

std::string with_interval(const MetricChange& change) {
  std::string text = text::percent(change.worse);
  if (change.interval) text += ' ' + text::percent(*change.interval);
  const bool points =
      std::ranges::find(compared_metrics(), change.metric, &ComparedMetric::name)->scale ==
      Scale::points;
  return text + (points ? " pp" : " %");
}

std::string describe(const MetricChange& change) {
  std::string text = "worse by " + with_interval(change);
  if (change.adjusted) text += fmt::format(", p {}", text::p_value(*change.adjusted));
  return text;
}

void judge_cell(const MetricChange& change, std::size_t cell, TermVerdict& verdict) {
  if (!change.unknown.empty()) {
    (change.lost ? verdict.lost : verdict.unknown).push_back({cell, change.unknown});
    if (!change.lost) return;
  }
  ++verdict.judged;
  if (change.lost) return;
  const double limit = limit_for(verdict.bound, change);
  const bool beyond = exceeds(change.worse, limit) &&
                      (!change.beside_others || exceeds(*change.beside_others, limit));
  if (beyond && (!change.p_value || change.adjusted.value_or(1) <= kLevel)) {
    verdict.worse.push_back({cell, describe(change)});
    return;
  }
  if (beyond && *change.p_value <= kLevel) verdict.suspects.push_back({cell, describe(change)});
  if (change.interval && exceeds(change.interval->high, limit)) ++verdict.undecided;
}

void judge_drift(const RunComparison& comparison, TermVerdict& verdict) {
  if (!comparison.drift) return;
  verdict.judged = verdict.had = 1;
  const double worse = comparison.drift->ratio - 1;
  if (!exceeds(worse, verdict.bound.limit)) return;
  verdict.run_wide = fmt::format(
      "all networks alike take {} % more time (median of {}): the machine, or what all of them use",
      text::percent(worse),
      text::plural(static_cast<std::int64_t>(comparison.drift->cells), "cell"));
}

TermVerdict judge_term(const RunComparison& comparison, Bound bound) {
  TermVerdict verdict{.bound = std::move(bound)};
  if (verdict.bound.metric == "drift") {
    judge_drift(comparison, verdict);
    return verdict;
  }
  for (std::size_t i = 0; i < comparison.cells.size(); ++i) {
    const MetricChange* change = comparison.cells[i].find(verdict.bound.metric);
    if (change == nullptr) continue;
    ++verdict.had;
    judge_cell(*change, i, verdict);
  }
  return verdict;
}

bool is_about_time(const Bound& bound) {
  return bound.metric == "latency" || bound.metric == "throughput" || bound.metric == "drift";
}

std::vector<Finding> broken_cells(const RunComparison& comparison) {
  std::vector<Finding> broken;
  for (std::size_t i = 0; i < comparison.cells.size(); ++i) {
    const CellChange& cell = comparison.cells[i];
    if (cell.standing == Standing::missing &&
        comparison.before.cases[*cell.before].proves_accuracy()) {
      broken.push_back({i, "missing"});
    }
    if (cell.standing != Standing::broken) continue;
    const CaseRecord& after = comparison.after.cases[*cell.after];
    broken.push_back(
        {i, fmt::format("{}: {}", text::describe(after.status), text::one_line(after.reason))});
  }
  return broken;
}

// Why nothing was judged that should have been; empty when all is well.
std::string why_nothing(const RunComparison& comparison, const std::vector<TermVerdict>& terms,
                        bool asked) {
  const bool common = std::ranges::any_of(
      comparison.cells, [](const CellChange& cell) { return cell.before && cell.after; });
  if (!common) return "the runs have no cell in common";
  const bool compared = std::ranges::any_of(comparison.cells, [](const CellChange& cell) {
    return cell.standing == Standing::compared || cell.standing == Standing::broken;
  });
  if (!compared) return "no cell of the earlier run is ok";
  for (const TermVerdict& term : terms) {
    if (!asked || term.judged > 0) continue;
    if (is_about_time(term.bound) && !comparison.latency_refused.empty())
      return fmt::format("{}: {}; --any-machine compares them", term.bound.text,
                         comparison.latency_refused);
    if (term.had > 0) return fmt::format("{}: {}", term.bound.text, term.unknown.front().text);
  }
  return {};
}

}  // namespace

std::vector<Bound> parse_fail_on(std::string_view text) {
  std::vector<Bound> bounds;
  for (std::string_view rest = text;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view term = trimmed(rest.substr(0, comma));
    if (term.empty())
      throw Error(
          fmt::format("'{}': an empty term, expected METRIC>NUMBER% or METRIC>NUMBERpp", text));
    bounds.push_back(parse_term(term));
    if (comma == rest.size()) return bounds;
    rest.remove_prefix(comma + 1);
  }
}

FailOnVerdict judge(const RunComparison& comparison, std::vector<Bound> bounds, bool asked) {
  FailOnVerdict verdict{.broken = broken_cells(comparison)};
  bool failed = !verdict.broken.empty();
  for (Bound& bound : bounds) {
    const TermVerdict& term = verdict.terms.emplace_back(judge_term(comparison, std::move(bound)));
    failed = failed || !term.worse.empty() || !term.lost.empty() || !term.run_wide.empty();
  }
  verdict.reason = why_nothing(comparison, verdict.terms, asked);
  // What is worse is said first, whatever could not be looked at beside it.
  const bool nothing_common = verdict.reason == "the runs have no cell in common";
  if (!verdict.reason.empty() && (nothing_common || !failed)) {
    verdict.verdict = RunVerdict::nothing;
  } else if (failed) {
    verdict.verdict = RunVerdict::worse;
  }
  return verdict;
}

}  // namespace qbench
