#include "tests/engine/backends/cudnn/host_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/backends/cudnn/kernels/dispatch.h"
#include "engine/core/error.h"

namespace qbench {

using cudnn::Buffer;
using cudnn::View;

namespace {

std::size_t at(cudnn::BufferId id) { return static_cast<std::size_t>(id); }

Tensor bytes(std::size_t count) { return Tensor(DType::u8, {static_cast<std::int64_t>(count)}); }

// Last index first: kernels may not depend on the order.
void launch(std::int64_t count, const auto& functor) {
  for (std::int64_t i = count; i-- > 0;) functor(i);
}

void check(std::size_t found, std::size_t expected, const char* what) {
  if (found != expected)
    throw Error(fmt::format("{} {} given to run, expected {}", found, what, expected));
}

}  // namespace

HostExecutable::HostExecutable(cudnn::Plan plan)
    : plan_(std::move(plan)), arena_(bytes(plan_.arena_bytes)) {
  for (const std::size_t count : plan_.input_elements) inputs_.push_back(bytes(count * 4));
  for (const std::size_t count : plan_.output_elements) outputs_.push_back(bytes(count * 4));
}

std::byte* HostExecutable::begin(cudnn::BufferId id) {
  const Buffer& buffer = plan_.buffers[at(id)];
  switch (buffer.place) {
    case Buffer::Place::arena:
      return arena_.bytes().data() + buffer.offset;
    case Buffer::Place::constant:
      return plan_.constants[buffer.index].bytes().data();
    case Buffer::Place::input:
      return inputs_[buffer.index].bytes().data();
    case Buffer::Place::output:
      return outputs_[buffer.index].bytes().data();
  }
  return nullptr;
}

std::byte* HostExecutable::begin(const View& view) {
  return view.buffer < 0 ? nullptr : begin(view.buffer) + view.offset;
}

void HostExecutable::poison(int step) {
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
    const Buffer& buffer = plan_.buffers[i];
    if (buffer.place != Buffer::Place::arena || buffer.first != step) continue;
    std::fill_n(begin(static_cast<cudnn::BufferId>(i)), buffer.bytes, std::byte{0xFF});
  }
}

void HostExecutable::show(int after, const ObserveFunction& observe) {
  if (!observe) return;
  for (const cudnn::Observation& seen : plan_.observations) {
    if (seen.after != after) continue;
    const auto count = static_cast<std::size_t>(elements_of(seen.view.desc));
    observe(0, seen.observed, {reinterpret_cast<const float*>(begin(seen.view)), count});
  }
}

void HostExecutable::run(std::span<const std::span<const float>> inputs,
                         std::span<const std::span<float>> outputs) {
  run_observed(inputs, outputs, {});
}

void HostExecutable::run_observed(std::span<const std::span<const float>> inputs,
                                  std::span<const std::span<float>> outputs,
                                  const ObserveFunction& observe) {
  check(inputs.size(), inputs_.size(), "inputs");
  check(outputs.size(), outputs_.size(), "outputs");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].size(), plan_.input_elements[i], "elements");
    std::ranges::copy(std::as_bytes(inputs[i]), inputs_[i].bytes().begin());
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    check(outputs[i].size(), plan_.output_elements[i], "elements");
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    show(static_cast<int>(i), observe);
    poison(static_cast<int>(i));
    std::vector<std::byte*> pointers;
    for (const View& view : plan_.steps[i].operands) pointers.push_back(begin(view));
    cudnn::dispatch(plan_.steps[i], pointers,
                    [](std::int64_t count, const auto& functor) { launch(count, functor); });
  }
  show(static_cast<int>(plan_.steps.size()), observe);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    std::ranges::copy(outputs_[i].bytes(), std::as_writable_bytes(outputs[i]).begin());
}

MemoryUse HostExecutable::memory() const {
  return {.weights = plan_.weight_bytes, .arena = plan_.arena_bytes};
}

std::vector<LayerTime> HostExecutable::profile(std::span<const std::span<const float>> inputs,
                                               std::span<const std::span<float>> outputs,
                                               int repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int repeat = 0; repeat < repeats; ++repeat) run(inputs, outputs);
  const std::chrono::duration<double, std::nano> whole = std::chrono::steady_clock::now() - start;
  std::vector<LayerTime> times;
  for (const cudnn::Step& step : plan_.steps) {
    times.push_back({.node = step.node,
                     .op = step.op,
                     .implementation = "loops",
                     .dtypes = "",
                     .macs = step.macs,
                     .median_ns = whole.count() / static_cast<double>(plan_.steps.size())});
  }
  return times;
}

std::vector<FloatMath> HostBackend::float_maths() const {
  return {FloatMath::f32, FloatMath::tf32, FloatMath::f16};
}

std::optional<std::string> HostBackend::unsupported(const Graph& graph, NodeId node) const {
  return cudnn::why_unsupported(graph, node);
}

cudnn::Plan HostBackend::plan(const Graph& graph, const std::vector<std::string>& observed) const {
  return cudnn::make_plan(graph,
                          {.float_math = math_, .row_major = row_major_, .observed = observed});
}

std::unique_ptr<Executable> HostBackend::compile(const Graph& graph,
                                                 const CompileOptions& options) const {
  return std::make_unique<HostExecutable>(plan(graph, options.observed));
}

}  // namespace qbench
