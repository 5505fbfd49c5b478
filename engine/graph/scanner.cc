#include "engine/graph/scanner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/graph/attribute_names.h"

namespace qbench {
namespace {

template <class Enum>
Enum read_enum(Scanner& scanner) {
  const std::string expected = fmt::format("one of {}", fmt::join(kEnumNames<Enum>, ", "));
  const std::size_t start = scanner.position();
  const std::string_view word = scanner.word(expected);
  const auto found = std::ranges::find(kEnumNames<Enum>, word);
  if (found == kEnumNames<Enum>.end()) {
    scanner.fail(start, fmt::format("'{}', expected {}", word, expected));
  }
  return static_cast<Enum>(found - kEnumNames<Enum>.begin());
}

}  // namespace

std::string Scanner::place(std::size_t position) const {
  const std::string_view before = text_.substr(0, position);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", line, position - line_start + 1);
}

void Scanner::fail(std::size_t position, const std::string& message) const {
  throw Error(message).at(place(position));
}

std::size_t Scanner::position() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++position_;
    } else {
      break;
    }
  }
  return position_;
}

bool Scanner::accept(char c) {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

void Scanner::expect(char c) {
  if (accept(c)) return;
  const std::string found = at_end()           ? "the end of the text"
                            : at_end_of_line() ? "the end of the line"
                                               : fmt::format("'{}'", text_[position_]);
  fail(position_, fmt::format("{}, expected '{}'", found, c));
}

bool Scanner::at_end_of_line() { return at_end() || text_[position_] == '\n'; }

void Scanner::skip_empty_lines() {
  while (accept('\n')) {
  }
}

std::string_view Scanner::word(std::string_view expected) {
  const std::size_t start = position();
  while (position_ < text_.size() && is_word_character(text_[position_])) ++position_;
  if (position_ == start) {
    const std::string found =
        at_end_of_line() ? "the end of the line" : fmt::format("'{}'", text_[position_]);
    fail(start, fmt::format("{}, expected {}", found, expected));
  }
  return text_.substr(start, position_ - start);
}

std::string Scanner::name() {
  const std::size_t start = position();
  if (!accept('"')) return std::string(word("a name"));
  std::string name;
  while (position_ < text_.size() && text_[position_] != '"') {
    char c = text_[position_++];
    if (c == '\\' && position_ < text_.size()) {
      c = text_[position_++];
      if (c == 'n') c = '\n';
    }
    name += c;
  }
  if (position_ == text_.size()) fail(start, "a quoted name does not end");
  ++position_;
  return name;
}

void Scanner::read(bool& value) {
  const std::size_t start = position();
  const std::string_view word = this->word("true or false");
  if (word != "true" && word != "false") {
    fail(start, fmt::format("'{}', expected true or false", word));
  }
  value = word == "true";
}

std::vector<std::int64_t> Scanner::list_of(std::size_t count) {
  const std::size_t start = position();
  std::vector<std::int64_t> values = list<std::int64_t>("an integer");
  if (values.size() != count) {
    fail(start, fmt::format("{} numbers, expected {}", values.size(), count));
  }
  return values;
}

void Scanner::read(Extent2d& extent) {
  const auto values = list_of(2);
  extent = {.h = values[0], .w = values[1]};
}

void Scanner::read(Padding2d& padding) {
  const auto values = list_of(4);
  padding = {.top = values[0], .left = values[1], .bottom = values[2], .right = values[3]};
}

void Scanner::read(ActivationKind& kind) { kind = read_enum<ActivationKind>(*this); }
void Scanner::read(PoolKind& kind) { kind = read_enum<PoolKind>(*this); }
void Scanner::read(L2Mode& mode) { mode = read_enum<L2Mode>(*this); }

void Scanner::read(ActivationSpec& spec) {
  spec = {};
  read(spec.kind);
  if (!accept('(')) return;
  read(spec.alpha);
  if (accept(',')) read(spec.beta);
  expect(')');
}

}  // namespace qbench
