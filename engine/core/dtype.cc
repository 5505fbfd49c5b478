#include "engine/core/dtype.h"

#include <array>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace qbench {
namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kDTypes = {
    DTypeInfo{DType::f32, "f32", 4}, DTypeInfo{DType::f64, "f64", 8},
    DTypeInfo{DType::f16, "f16", 2}, DTypeInfo{DType::s8, "s8", 1},
    DTypeInfo{DType::u8, "u8", 1},   DTypeInfo{DType::s32, "s32", 4},
    DTypeInfo{DType::s64, "s64", 8},
};

}  // namespace

std::size_t size_of(DType dtype) { return kDTypes.at(static_cast<std::size_t>(dtype)).size; }

std::string_view to_string(DType dtype) { return kDTypes.at(static_cast<std::size_t>(dtype)).name; }

DType dtype_from_string(std::string_view text) {
  for (const DTypeInfo& info : kDTypes) {
    if (info.name == text) return info.dtype;
  }
  throw Error("'" + std::string(text) +
              "' is no element type, expected f32, f64, f16, s8, u8, s32 or s64");
}

}  // namespace qbench
