// Dense data with a shape and an element type. Row-major; no mathematics.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "engine/core/dtype.h"
#include "engine/core/shape.h"

namespace qbench {

class Tensor {
 public:
  static constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector load

  Tensor() = default;  // no data: dtype f32, shape [0]
  // Zero-filled. Throws Error (environment) when memory runs out.
  Tensor(DType dtype, Shape shape);
  // A tensor of dtype_of<T> with a copy of `values`. Throws Error unless they are as many as
  // `shape` has elements.
  template <class T>
  static Tensor of(Shape shape, std::span<const T> values);

  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  Tensor clone() const;  // copies are always said aloud

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::size_t elements() const { return elements_; }
  std::size_t size_bytes() const { return elements_ * size_of(dtype_); }

  // T must be the C++ type of dtype(); throws Error otherwise.
  template <class T>
  std::span<T> data() {
    require(dtype_of<T>);
    return {reinterpret_cast<T*>(data_.get()), elements_};
  }
  template <class T>
  std::span<const T> data() const {
    require(dtype_of<T>);
    return {reinterpret_cast<const T*>(data_.get()), elements_};
  }
  std::span<std::byte> bytes() { return {data_.get(), size_bytes()}; }
  std::span<const std::byte> bytes() const { return {data_.get(), size_bytes()}; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  void require(DType dtype) const;
  static void require_count(std::size_t values, const Shape& shape);

  DType dtype_ = DType::f32;
  Shape shape_{0};
  std::size_t elements_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

// Same element type, shape and bytes.
bool identical(const Tensor& a, const Tensor& b);

template <class T>
Tensor Tensor::of(Shape shape, std::span<const T> values) {
  require_count(values.size(), shape);
  Tensor tensor(dtype_of<T>, std::move(shape));
  std::span<T> data = tensor.data<T>();
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = values[i];
  return tensor;
}

}  // namespace qbench
