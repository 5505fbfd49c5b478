#include "harness/suite/backend_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/backends/backends.h"
#include "harness/model/precision.h"

namespace qbench {

BackendFacts facts_of(const Backend& backend) {
  BackendFacts facts{.name = backend.name(), .description = backend.description()};
  if (const std::optional<std::string> reason = backend.unavailable())
    facts.unavailable = "cannot run here: " + *reason;
  facts.precisions = precisions_of(backend);
  facts.takes_u8 = backend.takes_u8();
  facts.uses_threads = backend.uses_threads();
  facts.devices = backend.devices();
  return facts;
}

std::vector<BackendFacts> known_backends() {
  std::vector<BackendFacts> known;
  for (const Backend* backend : all_backends()) known.push_back(facts_of(*backend));
  for (const std::string_view name : absent_backends())
    known.push_back({.name = std::string(name),
                     .unavailable = "is not in this build",
                     .uses_threads = false});  // what cannot run need not be listed twice
  return known;
}

std::string describe(const BackendFacts& facts) {
  if (facts.description.empty()) return "not in this build";
  std::string text = facts.description;
  if (!facts.unavailable.empty()) return text + "; " + facts.unavailable;
  if (facts.devices > 1) text += fmt::format("; {} devices", facts.devices);
  return text + fmt::format("; {}", fmt::join(facts.precisions, ", "));
}

}  // namespace qbench
