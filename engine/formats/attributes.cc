#include "engine/formats/attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/core/error.h"

namespace qbench {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class T>
std::optional<T> parse(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trim(text);
  if (text.ends_with('L')) text.remove_suffix(1);  // a Python 2 long
  return parse<std::int64_t>(text);
}

[[noreturn]] void fail(std::string_view key, std::string_view value, std::string_view expected) {
  throw Error(fmt::format("attribute '{}' is '{}', expected {}", key, value, expected));
}

[[noreturn]] void fail_missing(std::string_view key) {
  throw Error(fmt::format("attribute '{}' is missing", key));
}

// The numbers between the parentheses.
template <class T, class Parse>
std::vector<T> split(std::string_view key, std::optional<std::string_view> value, Parse parse_one,
                     std::string_view expected) {
  std::vector<T> numbers;
  if (!value) return numbers;
  std::string_view rest = trim(*value);
  const bool round = rest.starts_with('(') && rest.ends_with(')');
  const bool square = rest.starts_with('[') && rest.ends_with(']');
  if (round || square) rest = trim(rest.substr(1, rest.size() - 2));
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::optional<T> number = parse_one(rest.substr(0, comma));
    if (!number) fail(key, *value, expected);
    numbers.push_back(*number);
    rest = trim(rest.substr(std::min(comma + 1, rest.size())));
  }
  return numbers;
}

}  // namespace

std::optional<std::string_view> Attributes::find(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end() || found->second == "None") return std::nullopt;
  return found->second;
}

std::string_view Attributes::text(std::string_view key, std::string_view fallback) const {
  return find(key).value_or(fallback);
}

bool Attributes::flag(std::string_view key, bool fallback) const {
  const auto value = find(key);
  if (!value) return fallback;
  if (*value == "True" || *value == "true" || *value == "1") return true;
  if (*value == "False" || *value == "false" || *value == "0") return false;
  fail(key, *value, "True or False");
}

std::int64_t Attributes::integer(std::string_view key, std::optional<std::int64_t> fallback) const {
  const auto value = find(key);
  if (!value && !fallback) fail_missing(key);
  if (!value) return *fallback;
  const auto parsed = parse_integer(*value);
  if (!parsed) fail(key, *value, "a whole number");
  return *parsed;
}

float Attributes::number(std::string_view key, std::optional<float> fallback) const {
  const auto value = find(key);
  if (!value && !fallback) fail_missing(key);
  if (!value) return *fallback;
  const auto parsed = parse<float>(*value);
  if (!parsed || std::isnan(*parsed)) fail(key, *value, "a number");
  return *parsed;
}

std::vector<std::int64_t> Attributes::tuple(std::string_view key) const {
  return split<std::int64_t>(key, find(key), parse_integer, "a tuple of whole numbers");
}

std::vector<float> Attributes::numbers(std::string_view key) const {
  return split<float>(key, find(key), parse<float>, "a tuple of numbers");
}

void Attributes::expect(std::string_view key,
                        std::initializer_list<std::string_view> values) const {
  const auto value = find(key);
  if (!value || std::ranges::find(values, *value) != values.end()) return;
  throw Error(
      fmt::format("attribute '{}' is '{}', supported: {}", key, *value, fmt::join(values, ", ")),
      ErrorKind::unsupported);
}

std::string tuple_text(const std::vector<std::int64_t>& values) {
  return fmt::format("({}{})", fmt::join(values, ", "), values.size() == 1 ? "," : "");
}

std::string tuple_text(const std::vector<float>& values) {
  return fmt::format("({}{})", fmt::join(values, ", "), values.size() == 1 ? "," : "");
}

std::string number_text(float value) { return fmt::format("{}", value); }

}  // namespace qbench
