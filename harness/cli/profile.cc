#include "harness/cli/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/core/error.h"
#include "harness/measure/dummy_data.h"
#include "harness/measure/roofline.h"
#include "harness/model/model.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGiga = 1e9;
constexpr double kPeakSeconds = 1.5;

bool computes_int8(const Profile& profile) {
  return std::ranges::any_of(profile.layers, [](const LayerTime& layer) {
    return layer.macs > 0 && (layer.dtypes.starts_with("u8") || layer.dtypes.starts_with("s8"));
  });
}

// The first `width` characters, marked when cut.
std::string fit(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 1) + "~";
}

std::string percent(double share) {
  return share > 0 ? fmt::format("{:.0f}", 100 * share) : std::string();
}

// "brgconv_1x1:avx512_core" -> "brgconv_1x1"; of a GPU's kernels which one it is, and why.
std::string short_kernel(const std::string& implementation) {
  constexpr std::size_t kShort = 14;
  constexpr std::size_t kReason = 160;
  if (implementation.starts_with("own:") || implementation.starts_with("cudnn:"))
    return fit(implementation, kReason);
  return fit(implementation.substr(0, implementation.find(':')), kShort);
}

// Nothing where there is no roof.
std::string_view bound_text(const Profile& profile, const LayerRoof& roof) {
  return profile.peaks ? to_string(roof.bound) : std::string_view();
}

}  // namespace

Profile take_profile(const Graph& graph, const Place& place, FloatMath math,
                     std::int64_t batch_size, int repeats) {
  if (repeats < 1) throw Error(fmt::format("--repeats is {}, expected 1 or more", repeats));
  const std::unique_ptr<Executable> executable = compile_model(
      graph, place.backend, static_cast<int>(batch_size),
      {.threads = place.threads, .observed = {}, .float_math = math, .device = place.device});
  const DummyData dummy(with_batch(graph, batch_size));
  Profile profile;
  profile.layers = executable->profile(dummy.inputs(), dummy.outputs(), repeats);
  int working = 1;
  for (const LayerTime& layer : profile.layers) working = std::max(working, layer.threads);
  if (place.backend.uses_threads()) profile.peaks = measure_peaks(working, kPeakSeconds);
  return profile;
}

Json profile_json(const Profile& profile) {
  Json steps = Json::array();
  const Peaks peaks = profile.peaks.value_or(Peaks{});
  for (const LayerTime& layer : profile.layers) {
    const LayerRoof roof = under_roof(layer, peaks);
    steps.push_back({{"node", layer.node},
                     {"op", layer.op},
                     {"implementation", layer.implementation},
                     {"dtypes", layer.dtypes},
                     {"threads", layer.threads},
                     {"median_us", layer.median_ns / 1e3},
                     {"macs", layer.macs},
                     {"bytes", layer.bytes},
                     {"gops", roof.operations / kGiga},
                     {"peak_share", roof.peak_share},
                     {"gb_per_s", roof.bandwidth / kGiga},
                     {"bandwidth_share", roof.bandwidth_share},
                     {"bound", bound_text(profile, roof)}});
  }
  Json json = {{"steps", steps}};
  if (!profile.peaks) return json;
  json["peaks"] = {{"threads", peaks.threads},
                   {"f32_gflops", peaks.f32 / kGiga},
                   {"int8_gops", peaks.int8 / kGiga}};
  if (computes_int8(profile)) {
    const Diagnosis d = diagnose(profile.layers, peaks);
    json["diagnosis_ns"] = {{"total", d.total},
                            {"at_int8_peak", d.at_peak},
                            {"below_int8_peak", d.below_peak},
                            {"memory_bound", d.memory_bound},
                            {"f32_layers", d.f32_layers},
                            {"conversions", d.conversions},
                            {"other", d.other}};
  }
  return json;
}

void print_profile(std::FILE* out, const Profile& profile) {
  const Peaks peaks = profile.peaks.value_or(Peaks{});
  double total = 0;
  for (const LayerTime& layer : profile.layers) total += layer.median_ns;
  fmt::print(out, "{:>8} {:>4} {:>6} {:>6} {:>5} {:>5} {:>4} {:<7} {:<18} {}\n", "us", "%", "GMAC",
             "GOP/s", "%peak", "GB/s", "%bw", "bound", "node", "kernel");
  for (const LayerTime& layer : profile.layers) {
    const LayerRoof roof = under_roof(layer, peaks);
    const bool computes = layer.macs > 0;
    fmt::print(out, "{:>8.1f} {:>4.1f} {:>6} {:>6} {:>5} {:>5.0f} {:>4} {:<7} {:<18} {}\n",
               layer.median_ns / 1e3, 100 * layer.median_ns / total,
               computes ? fmt::format("{:.3f}", static_cast<double>(layer.macs) / kGiga) : "",
               computes ? fmt::format("{:.0f}", roof.operations / kGiga) : "",
               percent(roof.peak_share), roof.bandwidth / kGiga, percent(roof.bandwidth_share),
               bound_text(profile, roof), fit(layer.node, 18), short_kernel(layer.implementation));
  }
  if (!profile.peaks) {
    fmt::print(out, "{:>8.1f} us in all; the processor's peaks say nothing of this backend\n",
               total / 1e3);
    return;
  }
  fmt::print(out, "{:>8.1f} us in all; peaks of {} thread{}: FP32 {:.0f}, INT8 {:.0f} GOP/s\n",
             total / 1e3, peaks.threads, peaks.threads == 1 ? "" : "s", peaks.f32 / kGiga,
             peaks.int8 / kGiga);
  if (computes_int8(profile))
    fmt::print(out, "{}\n", explain(diagnose(profile.layers, peaks), peaks));
}

}  // namespace qbench
