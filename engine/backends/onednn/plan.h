// A compiled network: steps over buffers, in the order they run. Read-only once built; every worker
// runs the same plan in memory of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/backends/onednn/layout.h"
#include "engine/backends/onednn/memory_block.h"

namespace qbench::onednn {

using BufferId = int;

struct Buffer {
  enum class Place : std::uint8_t { arena, constant, input, output };
  Place place = Place::arena;
  std::size_t bytes = 0;
  std::size_t index = 0;  // of the block of constants, the input or the output
  int first = -1;         // lifetime in steps, arena only
  int last = -1;
  std::size_t offset = 0;  // into the arena or the block
};

// A value: where it lies and how.
struct View {
  BufferId buffer = -1;
  std::size_t offset = 0;  // bytes into the buffer
  Desc desc{};
  BufferId scale = -1;  // f32 [1], where the value is quantized with a scale found at run time
};

struct Operand {
  int argument = 0;  // the library's DNNL_ARG_...; own kernels go by position
  View view{};
};

using OwnKernel = std::function<void(std::span<std::byte* const> operands)>;

struct Step {
  std::string node;
  std::string op;
  std::string implementation;
  std::string dtypes{};
  std::int64_t macs = 0;
  std::variant<dnnl::primitive, OwnKernel> work{};
  std::vector<Operand> operands{};
};

// Shows a value right after the step that makes it, before its memory is used for something else.
struct Observation {
  int after = -1;  // number of steps that have run
  std::size_t observed = 0;
  std::optional<Step> copy;  // where the value has padding or holes
  View view{};               // dense
  std::size_t elements = 0;
};

struct Plan {
  dnnl::engine engine;
  std::vector<Buffer> buffers;
  std::vector<MemoryBlock> constants;  // packed weights and the like
  std::vector<Step> steps;
  std::vector<Observation> observations;
  std::vector<std::size_t> input_elements;  // of one run
  std::vector<std::size_t> output_elements;
  std::size_t arena_bytes = 0;
  std::size_t scratch_bytes = 0;  // how much of the arena only the library's workspace needs
  std::size_t weight_bytes = 0;
};

}  // namespace qbench::onednn
