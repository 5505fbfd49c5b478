// As much of {fmt} as the engine uses: format with "{}", and join. No format specifications.
#pragma once

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>

namespace fmt {

template <class Range>
struct Joined {
  const Range& range;
  std::string_view separator;
};

template <class Range>
Joined<Range> join(const Range& range, std::string_view separator) {
  return {range, separator};
}

namespace detail {

inline void append(std::string& text, std::string_view value) { text += value; }
inline void append(std::string& text, char value) { text += value; }

template <std::same_as<bool> Flag>  // a template, so that no pointer becomes one
void append(std::string& text, Flag value) {
  text += value ? "true" : "false";
}

template <class Number>
requires std::integral<Number> || std::floating_point<Number>
void append(std::string& text, Number value) {  // the shortest that reads back
  char digits[64];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  if (error == std::errc()) text.append(digits, end);
}

template <class Range>
void append(std::string& text, const Joined<Range>& joined) {
  bool first = true;
  for (const auto& value : joined.range) {
    if (!first) text += joined.separator;
    first = false;
    append(text, value);
  }
}

// Up to and without the next "{}", which is taken from `rest`; "{{" and "}}" are braces.
inline void append_literal(std::string& text, std::string_view& rest) {
  while (!rest.empty()) {
    const std::string_view two = rest.substr(0, 2);
    const bool field = two == "{}";
    const bool brace = two == "{{" || two == "}}";
    if (!field) text += rest.front();
    rest.remove_prefix(field || brace ? 2 : 1);
    if (field) return;
  }
}

}  // namespace detail

template <class... Values>
std::string format(std::string_view pattern, const Values&... values) {
  std::string text;
  ((detail::append_literal(text, pattern), detail::append(text, values)), ...);
  detail::append_literal(text, pattern);
  return text;
}

}  // namespace fmt
