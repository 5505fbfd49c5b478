#include "engine/backends/onednn/worker.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

const Buffer& buffer_of(const Plan& plan, const View& view) {
  return plan.buffers[static_cast<std::size_t>(view.buffer)];
}

bool is_external(const Buffer& buffer) {
  return buffer.place == Buffer::Place::input || buffer.place == Buffer::Place::output;
}

}  // namespace

Worker::Worker(const Plan& plan)
    : plan_(plan),
      arena_(plan.arena_bytes),
      stream_(plan.engine),
      inputs_(plan.input_elements.size()),
      outputs_(plan.output_elements.size()) {
  std::memset(arena_.data(), 0, plan.arena_bytes);
  steps_.reserve(plan.steps.size());
  for (const Step& step : plan.steps) steps_.push_back(bind_step(step));
  for (const Observation& seen : plan.observations) {
    copies_.push_back(seen.copy ? bind_step(*seen.copy) : BoundStep());
  }
  // Addresses inside the vectors are final now.
  const auto find_externals = [&](const std::vector<Operand>& operands, BoundStep& bound) {
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const View& view = operands[i].view;
      const Buffer& buffer = buffer_of(plan_, view);
      if (!is_external(buffer)) continue;
      externals_.push_back({.is_input = buffer.place == Buffer::Place::input,
                            .index = buffer.index,
                            .offset = view.offset,
                            .memory = bound.own == nullptr ? bound.memories[i].get() : nullptr,
                            .pointer = bound.own == nullptr ? nullptr : &bound.pointers[i]});
    }
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) find_externals(plan.steps[i].operands, steps_[i]);
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    if (const auto& copy = plan.observations[i].copy) find_externals(copy->operands, copies_[i]);
  }
}

std::byte* Worker::address(const View& view) {
  const Buffer& buffer = buffer_of(plan_, view);
  switch (buffer.place) {
    case Buffer::Place::arena:
      return arena_.data() + buffer.offset + view.offset;
    case Buffer::Place::constant:
      return plan_.constants[buffer.index].data() + buffer.offset + view.offset;
    case Buffer::Place::input:
    case Buffer::Place::output:
      break;
  }
  return nullptr;
}

std::byte* Worker::external(const View& view) const {
  const Buffer& buffer = buffer_of(plan_, view);
  const bool is_input = buffer.place == Buffer::Place::input;
  auto* data = is_input ? const_cast<float*>(inputs_[buffer.index]) : outputs_[buffer.index];
  return reinterpret_cast<std::byte*>(data) + view.offset;
}

Worker::BoundStep Worker::bind_step(const Step& step) {
  BoundStep bound;
  bound.own = std::get_if<OwnKernel>(&step.work);
  if (bound.own != nullptr) {
    for (const Operand& operand : step.operands) bound.pointers.push_back(address(operand.view));
    return bound;
  }
  bound.primitive = std::get<dnnl::primitive>(step.work).get();
  for (const Operand& operand : step.operands) {
    bound.memories.emplace_back(operand.view.desc, plan_.engine, address(operand.view));
    bound.arguments.push_back({operand.argument, bound.memories.back().get()});
  }
  return bound;
}

void Worker::bind(std::span<const float* const> inputs, std::span<float* const> outputs) {
  inputs_.assign(inputs.begin(), inputs.end());
  outputs_.assign(outputs.begin(), outputs.end());
  for (const External& external : externals_) {
    auto* base =
        external.is_input ? const_cast<float*>(inputs_[external.index]) : outputs_[external.index];
    std::byte* data = reinterpret_cast<std::byte*>(base) + external.offset;
    if (external.pointer != nullptr) {
      *external.pointer = data;
    } else {
      dnnl::error::wrap_c_api(dnnl_memory_set_data_handle(external.memory, data),
                              "could not set the address of a value");
    }
  }
}

void Worker::execute(BoundStep& step) {
  if (step.own != nullptr) {
    (*step.own)(step.pointers);
    return;
  }
  // The C interface: the C++ one gathers the arguments into a new vector each time.
  const dnnl_status_t status =
      dnnl_primitive_execute(step.primitive, stream_.get(), static_cast<int>(step.arguments.size()),
                             step.arguments.data());
  if (status != dnnl_success)
    throw Error(
        fmt::format("oneDNN could not execute a kernel: status {}", static_cast<int>(status)),
        ErrorKind::environment);
}

void Worker::run() {
  for (BoundStep& step : steps_) execute(step);
}

void Worker::run(const Show& show) {
  std::size_t next = 0;
  const auto show_after = [&](std::size_t done) {
    for (; next < copies_.size(); ++next) {
      const Observation& seen = plan_.observations[next];
      if (static_cast<std::size_t>(seen.after) > done) return;
      if (seen.copy) execute(copies_[next]);
      const std::byte* data =
          is_external(buffer_of(plan_, seen.view)) ? external(seen.view) : address(seen.view);
      show(seen.observed, {reinterpret_cast<const float*>(data), seen.elements});
    }
  };
  show_after(0);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    execute(steps_[i]);
    show_after(i + 1);
  }
}

void Worker::run_timed(const Timed& timed) {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Clock::time_point start = Clock::now();
    execute(steps_[i]);
    timed(i, std::chrono::duration<double, std::nano>(Clock::now() - start).count());
  }
}

}  // namespace qbench::onednn
