#include "engine/backends/cudnn/device/executable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/timing.h"

namespace qbench::cudnn {
namespace {

std::size_t sum_bytes(const std::vector<std::size_t>& elements) {
  std::size_t sum = 0;
  for (const std::size_t count : elements) sum += count;
  return sum * sizeof(float);
}

// What the host needs room for: never more than one of these at a time.
std::size_t host_bytes(const Plan& plan) {
  std::size_t most = std::max(sum_bytes(plan.input_elements), sum_bytes(plan.output_elements));
  for (const Observation& seen : plan.observations) most = std::max(most, bytes_of(seen.view.desc));
  return most;
}

template <class Spans>
void check_each(const Spans& given, const std::vector<std::size_t>& elements,
                std::string_view what) {
  if (given.size() != elements.size())
    throw Error(fmt::format("{} {}s given, expected {}", given.size(), what, elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (given[i].size() != elements[i])
      throw Error(
          fmt::format("{} {} has {} elements, expected {}", what, i, given[i].size(), elements[i]));
  }
}

double median(std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  return *middle;
}

}  // namespace

CudnnExecutable::CudnnExecutable(Plan plan, const DeviceOptions& options, TuningCache& cache)
    : session_(options.device),
      plan_(std::move(plan)),
      memory_(plan_, session_.stream()),
      host_(host_bytes(plan_)),
      clock_(options.device) {
  Tuner tuner(session_, cache, {.transforms = options.winograd});
  steps_ = std::make_unique<BoundSteps>(plan_, memory_, session_, options.exact ? nullptr : &tuner);
  steps_->load();  // which cannot be while recording
  record();
}

void CudnnExecutable::record() {
  try {
    graph_ = LaunchGraph::capture(session_.stream(), [this] { steps_->run_all(); });
    if (graph_ == nullptr) not_recorded_ = "CUDA does not take it";
  } catch (const Error& error) {  // its steps are launched one by one
    if (session_.is_lost()) throw;
    not_recorded_ = error.what();
  }
}

CudnnExecutable::~CudnnExecutable() { cudaSetDevice(session_.device()); }

void CudnnExecutable::check_spans(std::span<const std::span<const float>> inputs,
                                  std::span<const std::span<float>> outputs) const {
  check_each(inputs, plan_.input_elements, "input");
  check_each(outputs, plan_.output_elements, "output");
}

void CudnnExecutable::send(std::span<const std::span<const float>> inputs) {
  std::byte* place = host_.data();
  begin_.record(session_.stream());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(place, inputs[i].data(), inputs[i].size_bytes());
    check(cudaMemcpyAsync(memory_.input(i), place, inputs[i].size_bytes(), cudaMemcpyHostToDevice,
                          session_.stream().get()),
          "could not send an input");
    place += inputs[i].size_bytes();
  }
  sent_.record(session_.stream());
}

void CudnnExecutable::launch() {
  if (graph_ != nullptr) return graph_->launch(session_.stream());
  steps_->run_all();
}

void CudnnExecutable::fetch(std::span<const std::span<float>> outputs) {
  computed_.record(session_.stream());
  std::byte* place = host_.data();  // in the stream's order, so the inputs are done with
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check(cudaMemcpyAsync(place, memory_.output(i), outputs[i].size_bytes(), cudaMemcpyDeviceToHost,
                          session_.stream().get()),
          "could not fetch an output");
    place += outputs[i].size_bytes();
  }
  fetched_.record(session_.stream());
  session_.stream().wait();
  place = host_.data();
  for (const std::span<float> output : outputs) {
    std::memcpy(output.data(), place, output.size_bytes());
    place += output.size_bytes();
  }
  has_times_ = true;
}

void CudnnExecutable::run(std::span<const std::span<const float>> inputs,
                          std::span<const std::span<float>> outputs) {
  check_spans(inputs, outputs);
  session_.enter();
  send(inputs);
  launch();
  fetch(outputs);
}

// Those after `done` steps, before their memory is used for something else.
void CudnnExecutable::show(const ObserveFunction& observe, std::size_t& next, std::size_t done) {
  for (; next < plan_.observations.size(); ++next) {
    const Observation& seen = plan_.observations[next];
    if (static_cast<std::size_t>(seen.after) > done) return;
    check(cudaMemcpyAsync(host_.data(), memory_.address(seen.view), bytes_of(seen.view.desc),
                          cudaMemcpyDeviceToHost, session_.stream().get()),
          "could not fetch an observed value");
    session_.stream().wait();
    observe(0, seen.observed,
            {reinterpret_cast<const float*>(host_.data()),
             static_cast<std::size_t>(elements_of(seen.view.desc))});
  }
}

void CudnnExecutable::run_observed(std::span<const std::span<const float>> inputs,
                                   std::span<const std::span<float>> outputs,
                                   const ObserveFunction& observe) {
  check_spans(inputs, outputs);
  session_.enter();
  send(inputs);
  session_.stream().wait();
  std::size_t next = 0;
  show(observe, next, 0);
  for (std::size_t i = 0; i < steps_->size(); ++i) {
    steps_->run(i);
    show(observe, next, i + 1);
  }
  fetch(outputs);
}

MemoryUse CudnnExecutable::memory() const {
  session_.enter();
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "could not read how much memory is in use");
  const std::size_t in_use = total - free;
  const std::size_t ours = DeviceMemory::bytes_in_use();
  return {.weights = plan_.weight_bytes,
          .arena = plan_.arena_bytes + sum_bytes(plan_.input_elements) +
                   sum_bytes(plan_.output_elements),
          .scratch = steps_->workspace_bytes(),
          .library = in_use > ours ? in_use - ours : 0};
}

Algorithms CudnnExecutable::algorithms() const {
  Algorithms found;
  for (std::size_t i = 0; i < steps_->size(); ++i) {
    const LayerTime layer = steps_->describe(i);
    if (layer.macs > 0 && layer.dtypes.starts_with("f")) ++found[layer.implementation];
  }
  return found;
}

std::optional<DeviceTimes> CudnnExecutable::device_times() const {
  if (!has_times_) return std::nullopt;
  return DeviceTimes{.to_device_ns = begin_.until(sent_),
                     .compute_ns = sent_.until(computed_),
                     .to_host_ns = computed_.until(fetched_)};
}

std::vector<LayerTime> CudnnExecutable::profile(std::span<const std::span<const float>> inputs,
                                                std::span<const std::span<float>> outputs,
                                                int repeats) {
  if (repeats < 1) throw Error(fmt::format("{} repeats to profile, expected 1 or more", repeats));
  check_spans(inputs, outputs);
  session_.enter();
  std::vector<Event> events(steps_->size() + 1);
  std::vector<std::vector<double>> samples(steps_->size());
  for (int repeat = 0; repeat < repeats; ++repeat) {
    send(inputs);
    events[0].record(session_.stream());
    for (std::size_t i = 0; i < steps_->size(); ++i) {
      steps_->run(i);
      events[i + 1].record(session_.stream());
    }
    fetch(outputs);
    for (std::size_t i = 0; i < steps_->size(); ++i)
      samples[i].push_back(events[i].until(events[i + 1]));
  }
  std::vector<LayerTime> times;
  for (std::size_t i = 0; i < steps_->size(); ++i) {
    times.push_back(steps_->describe(i));
    times.back().median_ns = median(samples[i]);
  }
  if (!not_recorded_.empty() && !times.empty())
    times.front().implementation += fmt::format(" (network not recorded: {})", not_recorded_);
  return times;
}

double CudnnExecutable::measure_network_ns() {
  session_.enter();
  return measure_ns(session_.stream(), [this] { launch(); });
}

}  // namespace qbench::cudnn
