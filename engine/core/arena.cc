#include "engine/core/arena.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace qbench {
namespace {

struct Occupied {
  std::size_t begin;
  std::size_t end;
};

std::size_t rounded_up(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// Start of the smallest gap between `occupied` (sorted by begin) that holds `bytes`; after the last
// one when there is none.
std::size_t best_fit(std::span<const Occupied> occupied, std::size_t bytes) {
  std::size_t best = 0;
  std::size_t best_gap = std::numeric_limits<std::size_t>::max();
  std::size_t end = 0;
  for (const Occupied& block : occupied) {
    if (block.begin > end && block.begin - end >= bytes && block.begin - end < best_gap) {
      best = end;
      best_gap = block.begin - end;
    }
    end = std::max(end, block.end);
  }
  return best_gap == std::numeric_limits<std::size_t>::max() ? end : best;
}

}  // namespace

std::size_t place_buffers(std::span<const Lifetime> lifetimes, std::span<std::size_t> offsets,
                          std::size_t alignment) {
  const auto aligned = [&](std::size_t bytes) { return rounded_up(bytes, alignment); };
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return lifetimes[i].bytes; });

  std::size_t total = 0;
  std::vector<std::size_t> placed;
  std::vector<Occupied> occupied;
  for (const std::size_t i : order) {
    const Lifetime& life = lifetimes[i];
    occupied.clear();
    for (const std::size_t other : placed) {
      const Lifetime& its = lifetimes[other];
      if (its.first > life.last || its.last < life.first) continue;
      occupied.push_back({offsets[other], offsets[other] + aligned(its.bytes)});
    }
    std::ranges::sort(occupied, {}, &Occupied::begin);
    offsets[i] = best_fit(occupied, aligned(life.bytes));
    total = std::max(total, offsets[i] + aligned(life.bytes));
    placed.push_back(i);
  }
  return total;
}

}  // namespace qbench
