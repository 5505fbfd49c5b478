// Checks and measures the cuDNN backend on a machine with a GPU. Exit code 0: all is well; 1: a
// result is too far off, or something failed; 2: no GPU, or a wrong option; 3: a kernel broke the
// device for this process, and another one can go on without that kernel.
#include <cstdio>
#include <sstream>
#include <string_view>

#include "correctness.h"
#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/core/error.h"
#include "lost.h"
#include "throughput.h"

namespace gpu_check {
namespace {

using namespace qbench;

constexpr const char* kUsage = R"(usage: gpu_check [--networks NAME,...] [--batches N,...]
  [--seconds N] [--device N] [--skip correctness|throughput]
)";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream text(list);
  for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
  return parts;
}

int whole_number(const std::string& text) {
  std::size_t used = 0;
  int value = -1;
  try {
    value = std::stoi(text, &used);
  } catch (const std::exception&) {
  }
  if (used != text.size() || value < 0) throw Error("'" + text + "', expected a whole number");
  return value;
}

void set(Settings& settings, std::string_view option, const std::string& value) {
  if (option == "--networks") {
    settings.networks.clear();
    for (const std::string& name : split(value)) {
      settings.networks.push_back(find_zoo_model(name));
      if (settings.networks.back() == nullptr) throw Error("no network '" + name + "'");
    }
  } else if (option == "--batches") {
    settings.batches.clear();
    for (const std::string& batch : split(value)) settings.batches.push_back(whole_number(batch));
  } else if (option == "--seconds") {
    settings.end = std::chrono::steady_clock::now() + std::chrono::seconds(whole_number(value));
  } else if (option == "--device") {
    settings.device = whole_number(value);
  } else if (option == "--skip" && value == "correctness") {
    settings.correctness = false;
  } else if (option == "--skip" && value == "throughput") {
    settings.throughput = false;
  } else {
    throw Error(std::string(option) + " " + value + "\n" + kUsage);
  }
}

Settings settings_of(int argc, char** argv) {
  Settings settings;
  for (const ZooModel& model : zoo()) settings.networks.push_back(&model);
  for (int i = 1; i < argc; i += 2) set(settings, argv[i], i + 1 < argc ? argv[i + 1] : "");
  return settings;
}

int run(const Settings& settings) {
  std::printf("%s\n", cudnn_backend().description().c_str());
  if (const auto reason = cudnn_backend().unavailable()) {
    std::printf("gpu_check: cannot run here: %s\n", reason->c_str());
    return 2;
  }
  const bool good = !settings.correctness || check_correctness(settings);
  if (settings.throughput) measure_throughput(settings);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace gpu_check

int main(int argc, char** argv) {
  gpu_check::Settings settings;
  try {
    settings = gpu_check::settings_of(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_check: %s\n", error.what());
    return 2;
  }
  try {
    return gpu_check::run(settings);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "gpu_check: %s\n", error.what());
    return gpu_check::device_is_lost() ? 3 : 1;
  }
}
