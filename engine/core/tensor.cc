#include "engine/core/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace qbench {

void Tensor::Free::operator()(std::byte* p) const {
  ::operator delete[](p, std::align_val_t{kAlignment});
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype),
      shape_(std::move(shape)),
      elements_(static_cast<std::size_t>(shape_.elements())) {
  const std::size_t size = size_bytes();
  try {
    data_.reset(new (std::align_val_t{kAlignment}) std::byte[std::max<std::size_t>(size, 1)]);
  } catch (const std::bad_alloc&) {
    throw Error(
        "no memory for a tensor " + to_string(shape_) + " of " + std::to_string(size) + " bytes",
        ErrorKind::environment);
  }
  std::memset(data_.get(), 0, size);
}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, shape_);
  std::ranges::copy(bytes(), copy.bytes().begin());
  return copy;
}

void Tensor::require(DType dtype) const {
  if (dtype != dtype_) {
    throw Error("tensor holds " + std::string(to_string(dtype_)) + ", read as " +
                std::string(to_string(dtype)));
  }
}

void Tensor::require_count(std::size_t values, const Shape& shape) {
  if (std::cmp_not_equal(values, shape.elements())) {
    throw Error(std::to_string(values) + " values for a tensor of shape " + to_string(shape));
  }
}

bool identical(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace qbench
