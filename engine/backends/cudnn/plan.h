// A network made ready for a GPU, in terms that need none: buffers, and steps over them in the
// order they run. Made by the lowering, run by device/ or, in the tests, by plain loops on the
// host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/backends/cudnn/layout.h"
#include "engine/backends/cudnn/work.h"
#include "engine/core/tensor.h"

namespace qbench::cudnn {

using BufferId = int;

struct Buffer {
  enum class Place : std::uint8_t { arena, constant, input, output };
  Place place = Place::arena;
  std::size_t bytes = 0;
  std::size_t index = 0;  // of the constant, input or output
  int first = -1;         // lifetime in steps, arena only
  int last = -1;
  std::size_t offset = 0;  // into the arena
};

// A value: where it lies and how.
struct View {
  BufferId buffer = -1;
  std::size_t offset = 0;  // bytes into the buffer
  Desc desc{};
  BufferId scales = -1;  // f32 [N], where each image's scale is found at run time
};

// `operands` are what the work's documentation lists, by position; an optional one that is absent
// has buffer -1.
struct Step {
  std::string node{};
  std::string op{};
  std::int64_t macs = 0;
  Work work{};
  std::vector<View> operands{};
};

// Shows a value right after the step that makes it, before its memory is used for something else.
struct Observation {
  int after = -1;  // number of steps that have run
  std::size_t observed = 0;
  View view{};  // f32, row-major, dense
};

struct Plan {
  std::vector<Buffer> buffers;
  std::vector<Tensor> constants;
  std::vector<Step> steps;
  std::vector<Observation> observations;
  std::vector<std::size_t> input_elements;
  std::vector<std::size_t> output_elements;
  std::size_t arena_bytes = 0;
  std::size_t weight_bytes = 0;
};

}  // namespace qbench::cudnn
