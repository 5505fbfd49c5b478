// Places buffers in one block of memory so that those alive at the same time never overlap.
#pragma once

#include <cstddef>
#include <span>

namespace qbench {

struct Lifetime {
  std::size_t bytes = 0;
  int first = 0;  // step that writes it first
  int last = 0;   // last step that needs it, >= first
};

// Fills offsets[i] for lifetimes[i] (spans of the same length), largest buffers first, each in the
// tightest gap that holds it. Offsets are multiples of `alignment`. Returns the bytes needed.
std::size_t place_buffers(std::span<const Lifetime> lifetimes, std::span<std::size_t> offsets,
                          std::size_t alignment = 64);  // a cache line, and the widest vector load

}  // namespace qbench
