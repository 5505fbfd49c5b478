// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qbench {

enum class DType : std::uint8_t { f32, f64, f16, s8, u8, s32, s64 };

std::size_t size_of(DType dtype);
std::string_view to_string(DType dtype);
// Throws Error when `text` is none of the names that to_string gives.
DType dtype_from_string(std::string_view text);

template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "no DType for this C++ type");
  return DType::f32;
}();
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::int8_t> = DType::s8;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::s32;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::s64;

}  // namespace qbench
