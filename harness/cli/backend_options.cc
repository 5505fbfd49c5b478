// Where a command runs its network, and in which float arithmetic.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "harness/cli/model_options.h"
#include "harness/model/precision.h"
#include "harness/suite/values.h"

namespace qbench {
namespace {

constexpr std::string_view kGpuBackend = "cudnn";

// "gpu(1)" -> "gpu", {1}.
struct Context {
  std::string kind = "cpu";
  std::vector<int> devices;
};

int parse_device(std::string_view option, std::string_view text) {
  try {
    const int device = parse_int(text);
    if (device < 0) throw Error(fmt::format("found {}, expected 0 or more", device));
    return device;
  } catch (const Error& error) {
    throw error.at(std::string(option));
  }
}

Context parse_context(const std::string& text) {
  const std::size_t open = std::min(text.find('('), text.size());
  Context context{.kind = text.substr(0, open), .devices = {}};
  const bool numbered = open < text.size() && text.back() == ')';
  if ((context.kind != "cpu" && context.kind != "gpu") || (open < text.size() && !numbered))
    throw Error(fmt::format("--ctx is '{}', expected cpu, gpu or gpu(N)", text));
  if (numbered) {
    const std::string number = text.substr(open + 1, text.size() - open - 2);
    context.devices = {parse_device("--ctx", number)};
  }
  return context;
}

Context context_of(const BackendOptions& options) {
  if (!options.gpus.empty()) {
    Context context{.kind = "gpu", .devices = {}};
    for (const std::string& number : parse_list(options.gpus))
      context.devices.push_back(parse_device("--gpus", number));
    return context;
  }
  return options.context.empty() ? Context{} : parse_context(options.context);
}

// The option that asked for the backend, as it was given.
std::string asked_by(const BackendOptions& options) {
  if (!options.backend.empty()) return "--backend=" + options.backend;
  if (!options.gpus.empty()) return "--gpus=" + options.gpus;
  return "--ctx=" + options.context;
}

void check_devices(const BackendOptions& options, const Backend& backend,
                   const std::vector<int>& devices) {
  try {
    check_can_run(backend, {.observed = {}});
    for (const int device : devices) check_can_run(backend, {.observed = {}, .device = device});
  } catch (const Error& error) {
    throw error.at(asked_by(options));
  }
}

}  // namespace

void BackendOptions::add_to(Options& options) {
  options.section("Machine");
  options.add("ctx", context, "cpu|gpu|gpu(N)",
              "where to run: the default backend of that kind, on device N");
  options.add("backend", backend, "NAME", "a backend of 'qbench list'; default onednn");
  options.add("num-threads", threads, "threads of the engine; 0: one for each core");
}

const Backend& BackendOptions::find() const {
  const std::vector<const Backend*> backends = all_backends();
  const std::vector<std::string_view> absent = absent_backends();
  return find_among(backends, absent);
}

const Backend& BackendOptions::find_among(std::span<const Backend* const> backends,
                                          std::span<const std::string_view> absent) const {
  const Context asked = context_of(*this);
  const std::string wanted = !backend.empty()      ? backend
                             : asked.kind == "gpu" ? std::string(kGpuBackend)
                                                   : backends.front()->name();
  std::vector<std::string> names;
  for (const Backend* candidate : backends) {
    if (candidate->name() == wanted) {
      check_devices(*this, *candidate, asked.devices);
      return *candidate;
    }
    names.push_back(candidate->name());
  }
  const bool known = std::ranges::count(absent, wanted) > 0;
  const char* needs = known && wanted == kGpuBackend
                          ? "; it needs CUDA 12 or 13 and cuDNN 9 when qbench is built"
                          : "";
  throw Error(fmt::format("{}: {} '{}' {} this build, expected one of: {}{}", asked_by(*this),
                          known ? "backend" : "no backend", wanted, known ? "is not in" : "in",
                          fmt::join(names, ", "), needs));
}

int BackendOptions::device() const {
  const Context asked = context_of(*this);
  return asked.devices.empty() ? 0 : asked.devices.front();
}

void PrecisionOption::add_to(Options& options) {
  options.add("precision", precision, "fp32|tf32|fp16",
              "how to compute an FP32 model; INT8 is a model of its own");
}

FloatMath PrecisionOption::math(bool quantized) const {
  if (precision == "int8") {
    throw Error(
        "--precision is int8, expected fp32, tf32 or fp16; what is INT8 is the model: "
        "'qbench quantize' makes one");
  }
  try {
    const FloatMath math = float_math_from_string(precision);
    if (!quantized || math == FloatMath::f32) return math;
  } catch (const Error& error) {
    throw error.at("--precision");
  }
  throw Error(fmt::format("--precision is {}, but the model is INT8", precision));
}

}  // namespace qbench
