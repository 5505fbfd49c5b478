#include "harness/run/noise.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/json_text.h"
#include "reports/record/latency.h"

namespace qbench {
namespace {

using Json = nlohmann::json;

// Upper end of a latency's interval over its lower one, beyond which it says nothing.
constexpr double kVague = 2;

std::string disturbances(const Noise& noise) {
  if (noise.disturbed.empty()) return {};
  std::string text = fmt::format("{} in {} of {} rounds", noise.disturbed.front(),
                                 noise.disturbed.size(), noise.rounds.size());
  if (noise.measured_again > 0)
    text += fmt::format(", and in {} measured again", noise.measured_again);
  return text;
}

// Why the interval says nothing; empty when it does, or when there are too few rounds to ask.
std::string vagueness(const CaseRecord& record, std::size_t rounds) {
  const auto latency = typical_latency(record.latency_ns, record.latency_counts);
  if (rounds < 3 || !latency || !latency->interval) return {};
  const auto [low, high] = *latency->interval;
  if (high <= kVague * low) return {};
  constexpr double kMilliseconds = 1e6;
  return fmt::format("processes differ too much: 95 % interval {:.4g} to {:.4g} ms",
                     low / kMilliseconds, high / kMilliseconds);
}

}  // namespace

void judge_noise(const Noise& noise, const MeasureOptions& options, CaseRecord& record) {
  if (noise.rounds.empty()) return;
  Json details = Json::parse(record.details);
  for (const Interference& found : noise.rounds) {
    details["interference"].push_back({{"other_cores", found.other_cores},
                                       {"stolen_cores", found.stolen_cores},
                                       {"waited_cores", found.waited_cores},
                                       {"throttled_share", found.throttled_share}});
  }
  details["rounds_measured_again"] = noise.measured_again;
  record.details = json_text(details);

  const std::string vague = vagueness(record, noise.rounds.size());
  std::string text = disturbances(noise);
  if (!vague.empty()) text = text.empty() ? vague : vague + "; " + text;
  if (text.empty()) return;
  text = "latency: " + text;
  const bool spoilt = 2 * noise.disturbed.size() > noise.rounds.size() || !vague.empty();
  if (spoilt && options.mistrust_noise && record.status == Status::ok) {
    record.status = Status::mistrusted;
    record.reason = text;
    record.mistrusted = CaseRecord::kLatency;
  } else {
    add_warning(record, text);
  }
}

void add_warning(CaseRecord& record, const std::string& warning) {
  Json json = Json::parse(record.details);
  json["warnings"].push_back(warning);
  record.details = json_text(json);
}

}  // namespace qbench
