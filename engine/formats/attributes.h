// Reading the attributes of an MXNet node: strings in several spellings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.h"
#include "engine/formats/symbol.h"

namespace qbench {

// Every function gives `fallback` where the attribute is missing or "None", and throws Error naming
// attribute, value and expectation where it cannot be read.
class Attributes {
 public:
  explicit Attributes(const SymbolAttributes& values) : values_(values) {}

  bool has(std::string_view key) const { return find(key).has_value(); }
  std::optional<std::string_view> find(std::string_view key) const;
  std::string_view text(std::string_view key, std::string_view fallback) const;
  bool flag(std::string_view key, bool fallback) const;  // "True", "true", "1"
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> fallback) const;
  float number(std::string_view key, std::optional<float> fallback) const;
  // "(3, 3)", "[3,3]", "(3L,)", "3", "()"
  std::vector<std::int64_t> tuple(std::string_view key) const;
  std::vector<float> numbers(std::string_view key) const;

  // Throws Error (unsupported) unless the attribute is missing or has one of these values.
  void expect(std::string_view key, std::initializer_list<std::string_view> values) const;

 private:
  const SymbolAttributes& values_;
};

// "(1, 3, 224, 224)"
std::string tuple_text(const std::vector<std::int64_t>& values);
std::string tuple_text(const std::vector<float>& values);
// The shortest text that reads back as the same float.
std::string number_text(float value);

}  // namespace qbench
