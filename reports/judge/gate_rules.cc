// Gates in words, and what they may be about.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "reports/judge/gates.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

template <class T>
bool holds(const std::vector<T>& wanted, const T& found) {
  return wanted.empty() || std::ranges::count(wanted, found) > 0;
}

template <class T>
void add(std::vector<std::string>& scope, const std::vector<T>& values, std::string_view before,
         std::string_view after = "") {
  if (!values.empty())
    scope.push_back(fmt::format("{}{}{}", before, fmt::join(values, "|"), after));
}

std::vector<std::string> scope_of(const CaseSelection& of) {
  std::vector<std::string> scope;
  add(scope, of.models, "");
  add(scope, of.datasets, "on ");
  add(scope, of.precisions, "");
  add(scope, of.modes, "");
  add(scope, of.calib_batches, "", " calibration batches");
  add(scope, of.backends, "");
  add(scope, of.batch_sizes, "batch ");
  add(scope, of.threads, "", " threads");
  return scope;
}

std::string bound_of(const Gate& gate) {
  switch (gate.kind) {
    case GateKind::min:
      return fmt::format("at least {}", gate.bound);
    case GateKind::max:
      return fmt::format("at most {}", gate.bound);
    case GateKind::equals:
      return gate.tolerance > 0 ? fmt::format("{} +- {}", gate.bound, gate.tolerance)
                                : fmt::format("{}", gate.bound);
    case GateKind::max_drop:
      return fmt::format("drop at most {}", gate.bound);
    case GateKind::margin:
      return fmt::format("drop shown to be below {}", gate.bound);
  }
  return {};
}

constexpr std::array<std::string_view, 3> kComparisons = {"flips", "agreement", "speedup"};

}  // namespace

bool CaseSelection::matches(const CaseRecord& record) const {
  return holds(models, record.model) && holds(datasets, record.dataset) &&
         holds(precisions, record.precision) && holds(modes, record.mode) &&
         holds(backends, record.backend) && holds(calib_batches, record.calib_batches) &&
         holds(batch_sizes, record.batch_size) && holds(threads, record.threads);
}

std::vector<std::string> gate_metrics() {
  std::vector<std::string> names{"correct_top1", "correct_top5", "flips", "speedup"};
  for (const MetricInfo& metric : metrics()) names.emplace_back(metric.name);
  return names;
}

bool compares_with_fp32(std::string_view metric) {
  return std::ranges::count(kComparisons, metric) > 0;
}

bool is_timed(std::string_view metric) {
  const auto found = std::ranges::find(metrics(), metric, &MetricInfo::name);
  return metric == "speedup" || (found != metrics().end() && found->timed);
}

bool has_paired_interval(std::string_view metric) {
  return metric == "top1" || metric == "top5" || metric.starts_with("map_");
}

std::string describe(const Gate& gate) {
  const std::vector<std::string> scope = scope_of(gate.of);
  return fmt::format("{}{}: {}", gate.metric,
                     scope.empty() ? "" : fmt::format(" of {}", fmt::join(scope, ", ")),
                     bound_of(gate));
}

}  // namespace qbench
