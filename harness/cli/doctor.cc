// qbench doctor: what this machine and this build are, and what would spoil measurements.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <tuple>

#include "engine/core/json_text.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/measure/peaks.h"
#include "harness/run/environment.h"
#include "harness/suite/backend_facts.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGiga = 1e9;

Json peaks_json(const Peaks& peaks) {
  Json memory = Json::array();
  for (const Bandwidth& size : peaks.memory) {
    memory.push_back({{"bytes_per_thread", size.bytes},
                      {"read_gb_per_s", size.read / kGiga},
                      {"copy_gb_per_s", size.copy / kGiga}});
  }
  return {{"threads", peaks.threads},
          {"f32_gflops", peaks.f32 / kGiga},
          {"f32_instruction", peaks.f32_instruction},
          {"int8_gops", peaks.int8 / kGiga},
          {"int8_instruction", peaks.int8_instruction},
          {"memory", memory}};
}

void print_peaks(std::FILE* out, const Json& p) {
  fmt::print(out, "\npeaks of {} thread{}\n", p["threads"].get<int>(),
             p["threads"] == 1 ? "" : "s");
  for (const auto& [label, speed, unit, instruction] :
       {std::tuple{"FP32", "f32_gflops", "GFLOP/s", "f32_instruction"},
        std::tuple{"INT8", "int8_gops", "GOP/s", "int8_instruction"}}) {
    fmt::print(out, "  {:<14} {:>8.1f} {:<8} {}\n", label, p[speed].get<double>(), unit,
               p[instruction].get<std::string>());
  }
  for (const auto& size : p["memory"]) {
    fmt::print(out, "  {:>6.2f} MiB     {:>8.1f} GB/s     read, {:.1f} copied\n",
               size["bytes_per_thread"].get<double>() / (1 << 20),
               size["read_gb_per_s"].get<double>(), size["copy_gb_per_s"].get<double>());
  }
}

}  // namespace

int doctor_command(std::span<const std::string> arguments, const Streams& streams) {
  bool json = false;
  bool peaks = false;
  Options options(
      "qbench doctor [options]",
      "Says what the machine can do, what this build holds, and what would spoil measurements.");
  options.add("peaks", peaks, "measure peak arithmetic and memory bandwidth, 1 thread and all");
  options.add("json", json, "print one JSON object");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  Environment environment = collect_environment();
  for (const BackendFacts& backend : known_backends()) {  // absent ones are no part of a run
    if (backend.description.empty()) environment.add("backend " + backend.name, describe(backend));
  }
  const std::vector<std::string> warnings = measuring_warnings(environment);
  Json measured = Json::array();
  if (peaks) {
    constexpr double kSeconds = 3;
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    measured.push_back(peaks_json(measure_peaks(1, kSeconds)));
    if (cores > 1) measured.push_back(peaks_json(measure_peaks(cores, kSeconds)));
  }
  if (json) {
    Json values = Json::object();
    for (const auto& [name, value] : environment.values) values[name] = value;
    Json result = {{"environment", values}, {"warnings", warnings}};
    if (peaks) result["peaks"] = measured;
    fmt::print(streams.out, "{}\n", json_text(result, 2));
    return kExitOk;
  }
  for (const auto& [name, value] : environment.values)
    fmt::print(streams.out, "{:<16} {}\n", name, value);
  for (const std::string& warning : warnings)
    fmt::print(streams.out, "{:<16} {}\n", "warning", warning);
  if (warnings.empty()) fmt::print(streams.out, "nothing found that would spoil measurements\n");
  for (const Json& each : measured) print_peaks(streams.out, each);
  return kExitOk;
}

}  // namespace qbench
