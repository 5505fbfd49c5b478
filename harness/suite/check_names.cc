#include "harness/suite/check_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/backends/backends.h"
#include "engine/calibration/observers.h"
#include "engine/core/nearest_name.h"
#include "harness/model/precision.h"

namespace qbench {
namespace {

// "expected of: a, b; did you mean 'a'?"
std::string expectation(const std::string& found, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string_view nearest = nearest_name(found, names);
  return fmt::format("expected of: {}{}", fmt::join(known, ", "),
                     nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest));
}

}  // namespace

void check_names(const YamlMap& map, const std::string& key, const std::vector<std::string>& found,
                 const std::vector<std::string>& known) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::ranges::count(known, found[i]) > 0) continue;
    map.fail(key, fmt::format("found '{}', {}", found[i], expectation(found[i], known)), i);
  }
}

std::vector<std::string> all_precisions() {
  return {precision_names().begin(), precision_names().end()};
}

std::vector<std::string> all_modes() {
  std::vector<std::string> names{"none"};
  for (const CalibrationMode& mode : calibration_modes()) names.emplace_back(mode.name);
  return names;
}

std::vector<std::string> every_backend() {
  std::vector<std::string> names;
  for (const Backend* backend : all_backends()) names.push_back(backend->name());
  for (const std::string_view name : absent_backends()) names.emplace_back(name);
  return names;
}

}  // namespace qbench
