// qbench doctor: what this machine and this build are, and what would spoil measurements.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/run/environment.h"

namespace qbench {

int doctor_command(std::span<const std::string> arguments, const Streams& streams) {
  using Json = nlohmann::ordered_json;
  bool json = false;
  Options options(
      "qbench doctor [options]",
      "Says what the machine can do, what this build holds, and what would spoil measurements.");
  options.add("json", json, "print one JSON object");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  const Environment environment = collect_environment();
  const std::vector<std::string> warnings = measuring_warnings(environment);
  if (json) {
    Json values = Json::object();
    for (const auto& [name, value] : environment.values) values[name] = value;
    fmt::print(streams.out, "{}\n", Json{{"environment", values}, {"warnings", warnings}}.dump(2));
    return kExitOk;
  }
  for (const auto& [name, value] : environment.values)
    fmt::print(streams.out, "{:<16} {}\n", name, value);
  for (const std::string& warning : warnings)
    fmt::print(streams.out, "{:<16} {}\n", "warning", warning);
  if (warnings.empty()) fmt::print(streams.out, "nothing found that would spoil measurements\n");
  return kExitOk;
}

}  // namespace qbench
