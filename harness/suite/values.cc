#include "harness/suite/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "engine/core/error.h"

namespace qbench {
namespace {

[[noreturn]] void fail(std::string_view text, std::string_view expected) {
  throw Error(fmt::format("found '{}', expected {}", text, expected));
}

template <class T>
T parse_number(std::string_view text, std::string_view expected) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);  // from_chars knows no plus sign
  T value{};
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc() || end != digits.data() + digits.size()) fail(text, expected);
  return value;
}

}  // namespace

bool parse_bool(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* yes : {"true", "1", "yes", "on"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"false", "0", "no", "off"}) {
    if (lower == no) return false;
  }
  fail(text, "True or False");
}

std::int64_t parse_int64(std::string_view text) {
  return parse_number<std::int64_t>(text, "an integer");
}

int parse_int(std::string_view text) {
  const std::int64_t value = parse_int64(text);
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    fail(text, "an integer of 32 bits");
  }
  return static_cast<int>(value);
}

double parse_double(std::string_view text) {
  const auto value = parse_number<double>(text, "a number");
  if (!std::isfinite(value)) fail(text, "a finite number");
  return value;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) fail(text, "items separated by single commas");
    items.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

std::array<float, 3> parse_triple(std::string_view text) {
  std::vector<std::string> items = parse_list(text);
  if (items.size() == 1) items.resize(3, items.front());
  if (items.size() != 3) fail(text, "three numbers separated by commas, or one");
  std::array<float, 3> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(parse_double(items[i]));
    if (!std::isfinite(values[i])) fail(text, "numbers within the range of float");
  }
  return values;
}

}  // namespace qbench
