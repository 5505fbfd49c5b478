#include "steps.h"

#include <cstdio>
#include <map>
#include <string>

namespace gpu_check {
namespace {

using namespace qbench;

// "cudnn:fused 7 2=1" -> "cudnn:fused", "own:convolution (why)" -> "own:convolution".
std::string kind_of(const LayerTime& step) {
  return step.implementation.substr(0, step.implementation.find(' '));
}

// What stands behind in brackets; "" for nothing.
std::string reason_of(const LayerTime& step) {
  const std::size_t begin = step.implementation.find('(');
  return begin == std::string::npos ? "" : step.implementation.substr(begin);
}

struct Sum {
  int steps = 0;
  double ns = 0;
};

}  // namespace

void print_steps(Executable& executable, const Values& inputs, Values& outputs) {
  constexpr int kRepeats = 5;
  constexpr std::size_t kReasons = 3;
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  const std::vector<std::span<float>> out(outputs.begin(), outputs.end());
  std::map<std::string, Sum> kinds;
  std::map<std::string, int> reasons;
  double total = 0;
  for (const LayerTime& step : executable.profile(in, out, kRepeats)) {
    Sum& kind = kinds[kind_of(step)];
    ++kind.steps;
    kind.ns += step.median_ns;
    total += step.median_ns;
    if (const std::string reason = reason_of(step); !reason.empty())
      ++reasons[kind_of(step) + " " + reason];
  }
  std::printf("    steps, share of time:");
  for (const auto& [name, kind] : kinds)
    std::printf(" %s %d, %.0f %%;", name.c_str(), kind.steps, 100 * kind.ns / total);
  std::printf("\n");
  std::size_t shown = 0;
  for (const auto& [reason, count] : reasons) {
    if (shown++ < kReasons) std::printf("    %d x %.300s\n", count, reason.c_str());
  }
  if (shown > kReasons) std::printf("    %zu more reasons\n", shown - kReasons);
  std::fflush(stdout);
}

}  // namespace gpu_check
