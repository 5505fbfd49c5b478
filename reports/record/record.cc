// Names of states, and look-ups in the record values.
#include "reports/record/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::array kStatuses = {Status::ok,        Status::failed,      Status::crashed,
                                  Status::timed_out, Status::unsupported, Status::skipped,
                                  Status::mistrusted};

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::failed:
      return "failed";
    case Status::crashed:
      return "crashed";
    case Status::timed_out:
      return "timed_out";
    case Status::unsupported:
      return "unsupported";
    case Status::skipped:
      return "skipped";
    case Status::mistrusted:
      return "mistrusted";
  }
  throw Error(fmt::format("status number {} is none of qbench's", static_cast<int>(status)));
}

Status status_from_string(std::string_view text) {
  for (Status status : kStatuses) {
    if (text == to_string(status)) return status;
  }
  throw Error(fmt::format(
      "status '{}', expected ok, failed, crashed, timed_out, unsupported, skipped or mistrusted",
      text));
}

bool Prediction::right(int k) const {
  const auto end = top.begin() + std::clamp(k, 0, static_cast<int>(top.size()));
  return label != kNone && std::find(top.begin(), end, label) != end;
}

bool CaseRecord::proves_accuracy() const {
  return status == Status::ok || (status == Status::mistrusted && mistrusted == kLatency);
}

std::optional<double> CaseRecord::metric(std::string_view name) const {
  for (const MetricValue& metric : metrics) {
    if (metric.name == name) return metric.value;
  }
  return std::nullopt;
}

void Environment::add(std::string name, std::string value) {
  if (!value.empty()) values.emplace_back(std::move(name), std::move(value));
}

std::string_view Environment::find(std::string_view name) const {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace qbench
