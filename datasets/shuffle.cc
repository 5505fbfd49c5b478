#include "datasets/shuffle.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "datasets/random.h"

namespace qbench {
namespace {

// MXNet's constant, added to the seed the user gives.
constexpr std::uint32_t kSeedBase = 111;
constexpr std::uint64_t kRecordHeaderSize = 8;  // must lie inside the window for a start to be seen

}  // namespace

std::vector<std::int64_t> reading_windows(std::span<const std::uint64_t> offsets,
                                          std::uint64_t file_size, std::uint64_t window_bytes) {
  std::vector<std::int64_t> windows;
  const auto count = static_cast<std::int64_t>(offsets.size());
  for (std::int64_t first = 0; first < count;) {
    const std::uint64_t begin = offsets[static_cast<std::size_t>(first)];
    std::int64_t last =
        first;  // the last record that begins inside the window; the next window's first
    for (std::uint64_t size = window_bytes; last == first;
         size *= 2) {  // doubled for a huge record
      if (file_size - begin < size) {
        last = count;
        break;
      }
      const auto end = std::ranges::upper_bound(offsets, begin + size - kRecordHeaderSize);
      last = static_cast<std::int64_t>(end - offsets.begin()) - 1;
    }
    windows.push_back(last);
    first = last;
  }
  return windows;
}

std::vector<std::int64_t> shuffled_order(std::span<const std::int64_t> windows,
                                         std::uint32_t seed) {
  std::vector<std::int64_t> order(windows.empty() ? 0 : static_cast<std::size_t>(windows.back()));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 engine(kSeedBase + seed);
  auto begin = order.begin();
  for (const std::int64_t window : windows) {
    const auto end = order.begin() + window;
    std::shuffle(begin, end, engine);
    begin = end;
  }
  return order;
}

void permute(std::span<std::int64_t> order, std::uint64_t seed) {
  Random random(seed);
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.bits() % left]);
}

}  // namespace qbench
