#include "datasets/dataset.h"

#include <fmt/format.h>

#include "engine/core/error.h"

namespace qbench {

std::size_t checked_index(std::int64_t index, std::int64_t size) {
  if (index < 0 || index >= size) {
    throw Error(fmt::format("sample {} of a data set of {}", index, size));
  }
  return static_cast<std::size_t>(index);
}

}  // namespace qbench
