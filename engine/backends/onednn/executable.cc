#include "engine/backends/onednn/executable.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

double median(std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  return *middle;
}

// A residual lies in the destination: it is read there before the result is written.
std::int64_t bytes_of(const Step& step) {
  std::size_t bytes = 0;
  for (const Operand& operand : step.operands) {
    if (operand.argument != DNNL_ARG_SCRATCHPAD) bytes += operand.view.desc.get_size();
  }
  return static_cast<std::int64_t>(bytes);
}

template <class Spans>
void check_spans(const Spans& given, const std::vector<std::size_t>& elements, int runs,
                 std::string_view what) {
  if (given.size() != elements.size())
    throw Error(fmt::format("{} {}s given, expected {}", given.size(), what, elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::size_t expected = elements[i] * static_cast<std::size_t>(runs);
    if (given[i].size() != expected)
      throw Error(
          fmt::format("{} {} has {} elements, expected {}", what, i, given[i].size(), expected));
  }
}

}  // namespace

OpenMpThreads::OpenMpThreads(int threads) : before_(omp_get_max_threads()) {
  omp_set_num_threads(threads);
}

OpenMpThreads::~OpenMpThreads() { omp_set_num_threads(before_); }

OnednnExecutable::OnednnExecutable(Plan plan, Division division)
    : plan_(std::move(plan)),
      division_(division),
      callers_(static_cast<std::size_t>(division.workers)),
      threads_(division.workers, [this](int worker) { work(worker); }) {
  for (int w = 0; w < division_.workers; ++w) {
    workers_.push_back(std::make_unique<Worker>(plan_));
    Caller& caller = callers_[static_cast<std::size_t>(w)];
    caller.inputs.resize(plan_.input_elements.size());
    caller.outputs.resize(plan_.output_elements.size());
    shows_.emplace_back([this, w](std::size_t observed, std::span<const float> values) {
      (*observe_)(w, observed, values);
    });
  }
}

void OnednnExecutable::check(std::span<const std::span<const float>> inputs,
                             std::span<const std::span<float>> outputs) const {
  check_spans(inputs, plan_.input_elements, division_.runs, "input");
  check_spans(outputs, plan_.output_elements, division_.runs, "output");
}

void OnednnExecutable::bind(int worker, int run) {
  Caller& caller = callers_[static_cast<std::size_t>(worker)];
  const auto position = static_cast<std::size_t>(run);
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    caller.inputs[i] = inputs_[i].data() + position * plan_.input_elements[i];
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    caller.outputs[i] = outputs_[i].data() + position * plan_.output_elements[i];
  workers_[static_cast<std::size_t>(worker)]->bind(caller.inputs, caller.outputs);
}

// A fixed share of the batch, so that what a worker sees is the same in every run.
void OnednnExecutable::work(int worker) {
  const OpenMpThreads threads(division_.threads_inside);
  const int first = division_.runs * worker / division_.workers;
  const int last = division_.runs * (worker + 1) / division_.workers;
  Worker& own = *workers_[static_cast<std::size_t>(worker)];
  for (int run = first; run < last; ++run) {
    bind(worker, run);
    if (observe_ == nullptr) {
      own.run();
    } else {
      own.run(shows_[static_cast<std::size_t>(worker)]);
    }
  }
}

void OnednnExecutable::run(std::span<const std::span<const float>> inputs,
                           std::span<const std::span<float>> outputs) {
  check(inputs, outputs);
  inputs_ = inputs;
  outputs_ = outputs;
  observe_ = nullptr;
  threads_.run();
}

void OnednnExecutable::run_observed(std::span<const std::span<const float>> inputs,
                                    std::span<const std::span<float>> outputs,
                                    const ObserveFunction& observe) {
  check(inputs, outputs);
  inputs_ = inputs;
  outputs_ = outputs;
  observe_ = &observe;
  threads_.run();
}

MemoryUse OnednnExecutable::memory() const {
  const std::size_t workers = workers_.size();
  return {.weights = plan_.weight_bytes,
          .arena = (plan_.arena_bytes - plan_.scratch_bytes) * workers,
          .scratch = plan_.scratch_bytes * workers};
}

Algorithms OnednnExecutable::algorithms() const {
  Algorithms found;
  for (const Step& step : plan_.steps) {
    if (step.macs > 0 && step.dtypes.starts_with("f32")) ++found[step.implementation];
  }
  return found;
}

std::vector<LayerTime> OnednnExecutable::profile(std::span<const std::span<const float>> inputs,
                                                 std::span<const std::span<float>> outputs,
                                                 int repeats) {
  check(inputs, outputs);
  if (repeats < 1) throw Error(fmt::format("{} repeats, expected 1 or more", repeats));
  inputs_ = inputs;
  outputs_ = outputs;
  const OpenMpThreads threads(division_.threads_inside);
  std::vector<std::vector<double>> samples(plan_.steps.size());
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (std::vector<double>& of_step : samples) of_step.push_back(0);
    for (int run = 0; run < division_.runs; ++run) {
      bind(0, run);
      workers_[0]->run_timed(
          [&](std::size_t step, double nanoseconds) { samples[step].back() += nanoseconds; });
    }
  }
  std::vector<LayerTime> times;
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    const Step& step = plan_.steps[i];
    times.push_back({.node = step.node,
                     .op = step.op,
                     .implementation = step.implementation,
                     .dtypes = step.dtypes,
                     .macs = step.macs * division_.runs,
                     .bytes = bytes_of(step) * division_.runs,
                     .threads = division_.threads_inside,
                     .median_ns = median(samples[i])});
  }
  return times;
}

}  // namespace qbench::onednn
