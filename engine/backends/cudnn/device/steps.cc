#include "engine/backends/cudnn/device/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"

namespace qbench::cudnn {
namespace {

constexpr std::size_t kAlignment = 256;  // bytes

std::size_t round_up(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Parts of one allocation, one after the other.
std::vector<std::byte*> divide(std::byte* begin, const std::vector<std::size_t>& sizes) {
  std::vector<std::byte*> places;
  for (const std::size_t bytes : sizes) {
    places.push_back(begin);
    begin += round_up(bytes);
  }
  return places;
}

std::size_t total(const std::vector<std::size_t>& sizes) {
  std::size_t sum = 0;
  for (const std::size_t bytes : sizes) sum += round_up(bytes);
  return sum;
}

std::vector<std::size_t> float_bytes(const std::vector<std::size_t>& elements) {
  std::vector<std::size_t> sizes;
  for (const std::size_t count : elements) sizes.push_back(count * sizeof(float));
  return sizes;
}

std::vector<std::size_t> constant_bytes(const Plan& plan) {
  std::vector<std::size_t> sizes;
  for (const Tensor& constant : plan.constants) sizes.push_back(constant.size_bytes());
  return sizes;
}

// The position of the result among the operands of each kind of work.
std::size_t result_of(const Work& work) {
  if (std::holds_alternative<ConvolutionWork>(work) || std::holds_alternative<BinaryWork>(work))
    return 2;
  return std::holds_alternative<DetectionWork>(work) ? 3 : 1;
}

std::string dtypes_of(const Step& step) {
  const std::size_t result = result_of(step.work);
  std::string text;
  for (std::size_t i = 0; i < result; ++i)
    text += fmt::format("{} ", to_string(step.operands[i].desc.dtype));
  return text + fmt::format("-> {}", to_string(step.operands[result].desc.dtype));
}

// Where it is not the library throughout, with the reason, on one line.
std::string implementation_of(const Step& step, const Chosen& chosen) {
  std::string text = "own:";
  std::ranges::transform(step.op, std::back_inserter(text),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (chosen.made != nullptr) text = fmt::format("cudnn:{}", to_text(chosen.way));
  const bool fused = chosen.made != nullptr && chosen.way.kind == WayKind::fused;
  if (!fused && !chosen.unfit.empty()) text += fmt::format(" ({})", chosen.unfit);
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::int64_t bytes_touched(const Step& step) {
  std::size_t bytes = 0;
  for (const View& operand : step.operands) {
    if (operand.buffer >= 0) bytes += bytes_of(operand.desc);
  }
  return static_cast<std::int64_t>(bytes);
}

// Tuning overwrites what a convolution reads, which must not be a constant but for its parameters.
bool can_be_tuned(const Plan& plan, const Step& step) {
  if (!is_for_library(step)) return false;
  constexpr std::array<std::size_t, 4> kOverwritten{0, 2, 5, 6};  // data, result, residual, scales
  return std::ranges::none_of(kOverwritten, [&](std::size_t operand) {
    if (operand >= step.operands.size() || step.operands[operand].buffer < 0) return false;
    const auto buffer = static_cast<std::size_t>(step.operands[operand].buffer);
    return plan.buffers[buffer].place == Buffer::Place::constant;
  });
}

}  // namespace

PlanMemory::PlanMemory(const Plan& plan, const Stream& stream)
    : plan_(plan), constants_(total(constant_bytes(plan))), arena_(plan.arena_bytes) {
  constant_places_ = divide(constants_.data(), constant_bytes(plan));
  for (std::size_t i = 0; i < plan.constants.size(); ++i) {
    const auto bytes = plan.constants[i].bytes();
    check(cudaMemcpyAsync(constant_places_[i], bytes.data(), bytes.size(), cudaMemcpyHostToDevice,
                          stream.get()),
          "could not upload the parameters");
  }
  // No step reads what none has written, but kernels may be timed on it: finite numbers.
  if (plan.arena_bytes > 0)
    check(cudaMemsetAsync(arena_.data(), 0, plan.arena_bytes, stream.get()),
          "could not clear the activations");
  const std::vector<std::size_t> in = float_bytes(plan.input_elements);
  const std::vector<std::size_t> out = float_bytes(plan.output_elements);
  external_ = DeviceMemory(total(in) + total(out));
  inputs_ = divide(external_.data(), in);
  outputs_ = divide(external_.data() + total(in), out);
  stream.wait();
}

std::byte* PlanMemory::address(BufferId id, std::size_t offset) const {
  if (id < 0) return nullptr;
  const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(id)];
  switch (buffer.place) {
    case Buffer::Place::arena:
      return arena_.data() + buffer.offset + offset;
    case Buffer::Place::constant:
      return constant_places_[buffer.index] + offset;
    case Buffer::Place::input:
      return inputs_[buffer.index] + offset;
    case Buffer::Place::output:
      return outputs_[buffer.index] + offset;
  }
  return nullptr;
}

BoundSteps::BoundSteps(const Plan& plan, const PlanMemory& memory, const Session& session,
                       Tuner* tuner)
    : plan_(plan), session_(session) {
  std::size_t workspace = 0;
  if (tuner != nullptr) tuner->make_kernels(plan.steps);
  for (const Step& step : plan.steps) {
    Bound& bound = steps_.emplace_back();
    for (const View& operand : step.operands) bound.pointers.push_back(memory.address(operand));
    if (tuner == nullptr || !can_be_tuned(plan, step)) continue;
    bound.chosen = tuner->choose(step, bound.pointers);
    const auto& library = bound.chosen.made;
    if (library != nullptr) workspace = std::max(workspace, library->workspace_bytes());
  }
  if (tuner != nullptr) tuner->release();
  workspace_ = DeviceMemory(workspace);
  for (Bound& bound : steps_) {
    if (bound.chosen.made != nullptr) bound.chosen.made->bind(bound.pointers, workspace_.data());
  }
}

void BoundSteps::run(std::size_t i) const {
  const Bound& bound = steps_[i];
  if (bound.chosen.made != nullptr) return bound.chosen.made->run();
  launch_step(plan_.steps[i], bound.pointers, session_.stream().get());
}

void BoundSteps::load() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    try {
      run(i);
      session_.stream().wait();
    } catch (const Error& error) {
      Chosen& chosen = steps_[i].chosen;
      if (chosen.made == nullptr || session_.is_lost()) throw;
      chosen.unfit = fmt::format("{}: {}", to_text(chosen.way), error.what());
      chosen.made = nullptr;
      --i;  // once more, our own kernel
    }
  }
}

void BoundSteps::run_all() const {
  for (std::size_t i = 0; i < steps_.size(); ++i) run(i);
}

LayerTime BoundSteps::describe(std::size_t i) const {
  const Step& step = plan_.steps[i];
  return {.node = step.node,
          .op = step.op,
          .implementation = implementation_of(step, steps_[i].chosen),
          .dtypes = dtypes_of(step),
          .macs = step.macs,
          .bytes = bytes_touched(step)};
}

}  // namespace qbench::cudnn
