#include "harness/model/precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::array<std::string_view, 4> kPrecisions = {"fp32", "tf32", "fp16", "int8"};

constexpr std::array<std::pair<std::string_view, FloatMath>, 3> kFloats = {
    {{"fp32", FloatMath::f32}, {"tf32", FloatMath::tf32}, {"fp16", FloatMath::f16}}};

}  // namespace

std::span<const std::string_view> precision_names() { return kPrecisions; }

std::string_view to_string(FloatMath math) {
  for (const auto& [name, known] : kFloats) {
    if (known == math) return name;
  }
  throw Error(
      fmt::format("float arithmetic number {} is none of qbench's", static_cast<int>(math)));
}

FloatMath float_math_from_string(std::string_view text) {
  for (const auto& [name, math] : kFloats) {
    if (name == text) return math;
  }
  throw Error(fmt::format("precision '{}', expected fp32, tf32 or fp16", text));
}

FloatMath float_math_of(std::string_view precision) {
  return precision == "int8" ? FloatMath::f32 : float_math_from_string(precision);
}

std::vector<std::string> precisions_of(const Backend& backend) {
  const std::vector<FloatMath> maths = backend.float_maths();
  std::vector<std::string> names;
  for (const auto& [name, math] : kFloats) {
    if (std::ranges::count(maths, math) > 0) names.emplace_back(name);
  }
  names.emplace_back("int8");
  return names;
}

QuantizedDType dtype_for(const Backend& backend, QuantizedDType wanted) {
  if (backend.takes_u8()) return wanted;
  if (wanted != QuantizedDType::u8) return QuantizedDType::s8;
  throw Error(fmt::format("quantized dtype uint8: backend {} computes on int8 values alone, "
                          "expected auto or int8",
                          backend.name()),
              ErrorKind::unsupported);
}

}  // namespace qbench
