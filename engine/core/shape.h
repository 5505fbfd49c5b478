// The dimensions of a tensor, outermost first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace qbench {

class Shape {
 public:
  Shape() = default;  // rank 0: one element
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  std::size_t rank() const { return dims_.size(); }
  std::int64_t operator[](std::size_t axis) const { return dims_.at(axis); }
  std::int64_t& operator[](std::size_t axis) { return dims_.at(axis); }
  const std::vector<std::int64_t>& dims() const { return dims_; }

  // Product of the dimensions from axis `first` on. Throws Error when a dimension is negative or
  // the product is larger than a tensor may be (2^40 elements).
  std::int64_t elements(std::size_t first = 0) const;

  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> dims_;
};

std::string to_string(const Shape& shape);  // "[1,3,224,224]"

}  // namespace qbench
