// Reads the tokens of a graph's text form: words, numbers, lists. Used by parse.cc only.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/op.h"

namespace qbench {

// Blanks between tokens and a comment up to the end of the line are skipped; the end of a line is
// a token. Everything that does not fit throws Error with line and column.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t position();  // of the next token
  void rewind(std::size_t position) { position_ = position; }
  [[noreturn]] void fail(std::size_t position, const std::string& message) const;
  std::string place(std::size_t position) const;  // "line 3, column 7"

  bool accept(char c);
  void expect(char c);
  bool at_end_of_line();
  void skip_empty_lines();
  bool at_end() { return position() == text_.size(); }

  std::string_view word(std::string_view expected);
  std::string name();  // a word or "quoted"

  template <class T>
  T number(std::string_view expected) {
    const std::size_t start = position();
    const std::string_view digits = word(expected);
    T value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
      fail(start, "'" + std::string(digits) + "', expected " + std::string(expected));
    }
    return value;
  }
  template <class T>
  std::vector<T> list(std::string_view expected) {
    std::vector<T> values;
    expect('[');
    if (accept(']')) return values;
    do {
      values.push_back(number<T>(expected));
    } while (accept(','));
    expect(']');
    return values;
  }

  // Attribute values.
  void read(std::int64_t& value) { value = number<std::int64_t>("an integer"); }
  void read(float& value) { value = number<float>("a number"); }
  void read(bool& value);
  void read(std::vector<std::int64_t>& values) { values = list<std::int64_t>("an integer"); }
  void read(std::vector<float>& values) { values = list<float>("a number"); }
  void read(Shape& shape) { shape = Shape(list<std::int64_t>("an integer")); }
  void read(Extent2d& extent);
  void read(Padding2d& padding);
  void read(ActivationKind& kind);
  void read(ActivationSpec& spec);
  void read(PoolKind& kind);
  void read(L2Mode& mode);

 private:
  std::vector<std::int64_t> list_of(std::size_t count);

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace qbench
