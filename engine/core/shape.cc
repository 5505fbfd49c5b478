#include "engine/core/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench {

std::int64_t Shape::elements(std::size_t first) const {
  constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
  std::int64_t product = 1;
  for (std::size_t axis = first; axis < dims_.size(); ++axis) {
    if (dims_[axis] < 0) throw Error("shape " + to_string(*this) + " has a negative dimension");
    // A dimension alone too, beside one of 0: sums of dimensions must not overflow.
    if (dims_[axis] > kMaxElements / std::max<std::int64_t>(product, 1)) {
      throw Error("shape " + to_string(*this) + " has more than 2^40 elements");
    }
    product *= dims_[axis];
  }
  return product;
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.dims(), ","));
}

}  // namespace qbench
