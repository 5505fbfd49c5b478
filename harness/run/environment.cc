#include "harness/run/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "engine/core/isa.h"
#include "harness/run/version.h"
#include "harness/suite/backend_facts.h"

namespace qbench {
namespace {

// Extensions that decide which INT8 and FP32 kernels a library can take.
constexpr std::array kInstructionSets = {"sse4_1",      "avx",      "avx2",     "fma",
                                         "avx_vnni",    "avx512f",  "avx512bw", "avx512_vnni",
                                         "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16",
                                         "asimd",       "asimddp",  "i8mm",     "sve"};

std::string trimmed(std::string text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_space(static_cast<unsigned char>(text.back()))) text.pop_back();
  text.erase(text.begin(), std::ranges::find_if_not(text, is_space));
  return text;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return trimmed(line);
}

// "key : value" or "KEY=value" lines; the first one with the key.
std::string value_in(const std::string& path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || trimmed(line.substr(0, at)) != key) continue;
    std::string value = trimmed(line.substr(at + 1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

struct Processors {
  int logical = 0;
  int cores = 0;  // 0: not known
  int sockets = 0;
};

Processors count_processors(const std::string& cpuinfo) {
  std::ifstream file(cpuinfo);
  Processors count;
  std::set<std::string> sockets;
  std::set<std::pair<std::string, std::string>> cores;
  std::string socket;
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(':');
    if (at == std::string::npos) continue;
    const std::string key = trimmed(line.substr(0, at));
    const std::string value = trimmed(line.substr(at + 1));
    if (key == "processor") ++count.logical;
    if (key == "physical id") sockets.insert(socket = value);
    if (key == "core id") cores.insert({socket, value});
  }
  count.cores = static_cast<int>(cores.size());
  count.sockets = static_cast<int>(sockets.size());
  return count;
}

std::string describe_processors(const Processors& count) {
  if (count.logical == 0) return {};
  std::string text = fmt::format("{} usable, {} logical", usable_cores(), count.logical);
  if (count.cores > 0) text += fmt::format(", {} physical", count.cores);
  if (count.sockets > 0) text += fmt::format(", {} sockets", count.sockets);
  return text;
}

std::string instruction_sets(const std::string& cpuinfo) {
  std::string flags = value_in(cpuinfo, "flags", ':');
  if (flags.empty()) flags = value_in(cpuinfo, "Features", ':');
  std::istringstream words(flags);
  std::set<std::string> known;
  for (std::string word; words >> word;) known.insert(word);
  std::vector<std::string> found;
  for (const char* name : kInstructionSets) {
    if (known.contains(name)) found.emplace_back(name);
  }
  return fmt::format("{}", fmt::join(found, " "));
}

std::string instruction_set_used() {
  const Isa largest = isa_named("");
  std::string text(to_string(isa()));
  if (isa() != largest)
    text += fmt::format(" (QBENCH_ISA; the processor has {})", to_string(largest));
  return text;
}

std::string memory_size(const std::string& meminfo) {
  const std::string text = value_in(meminfo, "MemTotal", ':');
  std::int64_t kilobytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), kilobytes);
  if (kilobytes == 0) return {};
  return fmt::format("{:.1f} GiB", static_cast<double>(kilobytes) / (1 << 20));
}

std::string turbo(const std::string& root) {
  const std::string boost = first_line(root + "/sys/devices/system/cpu/cpufreq/boost");
  if (!boost.empty()) return boost == "1" ? "on" : "off";
  const std::string no_turbo = first_line(root + "/sys/devices/system/cpu/intel_pstate/no_turbo");
  if (!no_turbo.empty()) return no_turbo == "0" ? "on" : "off";
  return {};
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string kernel() {
  utsname name{};
  if (uname(&name) != 0) return {};
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

Environment collect_environment(const std::string& root) {
  const std::string cpuinfo = root + "/proc/cpuinfo";
  const std::string load = first_line(root + "/proc/loadavg");
  Environment environment;
  environment.add("cpu", value_in(cpuinfo, "model name", ':'));
  environment.add("isa", instruction_sets(cpuinfo));
  environment.add("isa used", instruction_set_used());
  environment.add("cores", describe_processors(count_processors(cpuinfo)));
  environment.add("memory", memory_size(root + "/proc/meminfo"));
  environment.add("governor",
                  first_line(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  environment.add("turbo", turbo(root));
  environment.add("load", load.substr(0, load.find(' ')));
  environment.add("os", value_in(root + "/etc/os-release", "PRETTY_NAME", '='));
  environment.add("kernel", kernel());
  environment.add("compiler", compiler());
  environment.add("build", std::string(build_type()));
  environment.add("qbench", std::string(version()));
  environment.add("revision", std::string(revision()));
  environment.add("build id", build_id());
  environment.add("libraries", libraries_id());
  for (const BackendFacts& backend : known_backends()) {
    if (!backend.description.empty()) environment.add("backend " + backend.name, describe(backend));
  }
  return environment;
}

std::vector<std::string> measuring_warnings(const Environment& environment) {
  std::vector<std::string> warnings;
  const std::string_view build = environment.find("build");
  if (build != "Release" && build != "RelWithDebInfo") {
    warnings.push_back(fmt::format("this is a {} build: its latencies mean nothing",
                                   build.empty() ? "nameless" : build));
  }
  const std::string_view governor = environment.find("governor");
  if (!governor.empty() && governor != "performance") {
    warnings.push_back(fmt::format(
        "the frequency governor is '{}': latencies will vary; set it to 'performance'", governor));
  }
  const std::string_view load = environment.find("load");
  double busy = 0;
  std::from_chars(load.data(), load.data() + load.size(), busy);
  constexpr double kQuiet = 0.5;  // processes running beside this one
  if (busy > kQuiet) {
    warnings.push_back(
        fmt::format("the machine is busy (load {}): latencies will be too long", load));
  }
  return warnings;
}

std::string machine_of(const Environment& environment) {
  return fmt::format("{}, {}", environment.find("cpu"), environment.find("cores"));
}

std::string program_of(const Environment& environment) {
  return fmt::format("{}, {}, {}", environment.find("build id"), environment.find("libraries"),
                     environment.find("isa used"));
}

}  // namespace qbench
