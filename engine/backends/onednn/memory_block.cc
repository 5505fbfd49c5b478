#include "engine/backends/onednn/memory_block.h"

#include <fmt/format.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstdlib>

#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kAlignment = 64;  // a cache line

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void MemoryBlock::Free::operator()(std::byte* p) const { std::free(p); }

MemoryBlock::MemoryBlock(std::size_t bytes) {
  const std::size_t unit = bytes < kHugePage / 2 ? kAlignment : kHugePage;
  const std::size_t rounded = round_up(bytes + (bytes == 0), unit);
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(unit, rounded)));
  if (data_ == nullptr)
    throw Error(fmt::format("no memory for {} bytes of weights or activations", bytes),
                ErrorKind::environment);
#ifdef __linux__
  if (unit == kHugePage) madvise(data_.get(), rounded, MADV_HUGEPAGE);  // a wish: may be refused
#endif
}

}  // namespace qbench::onednn
