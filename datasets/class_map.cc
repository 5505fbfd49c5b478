#include "datasets/class_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include "datasets/file.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBlanks = " \t\r";
constexpr int kMostClasses = 1'000'000;
constexpr std::size_t kFirst = 5;  // names that messages show

std::string trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return std::string(text.substr(0, text.find_last_not_of(kBlanks) + 1));
}

struct Pair {
  std::string name;
  int number = 0;
};

// "name 12"
std::optional<Pair> pair_from(const std::string& line) {
  const std::size_t blank = line.find_last_of(kBlanks);
  if (blank == std::string::npos) return std::nullopt;
  Pair pair{trimmed(std::string_view(line).substr(0, blank)), 0};
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + blank + 1, end, pair.number);
  if (error != std::errc{} || stop != end || pair.number < 0) return std::nullopt;
  return pair;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (const std::string& line : read_lines(path)) {
    std::string name = trimmed(line);
    if (!name.empty()) names.push_back(std::move(name));
  }
  if (names.empty()) throw Error(path + ": holds no class names");
  return names;
}

}  // namespace

ClassMap::ClassMap(const std::vector<std::string>& given) {
  std::error_code ignored;  // what cannot be looked at is no file
  std::vector<std::string> lines = given;
  if (given.size() == 1 && fs::is_regular_file(given.front(), ignored)) {
    lines = names_in(given.front());
    if (read_pairs(given.front(), lines)) return;
  } else if (given.size() == 1 &&
             (given.front().find('/') != std::string::npos || given.front().ends_with(".txt"))) {
    throw Error(given.front() + ": is no file; expected class names, or a file of them");
  }
  for (std::size_t i = 0; i < lines.size(); ++i) add(lines[i], static_cast<int>(i));
}

void ClassMap::add(const std::string& line, int number) {
  const auto n = static_cast<std::size_t>(number);
  if (names_.size() <= n) names_.resize(n + 1);
  if (names_[n].empty()) names_[n] = line;
  numbers_[line].push_back(number);
  if (const std::size_t blank = line.find_first_of(kBlanks); blank != std::string::npos)
    first_words_[line.substr(0, blank)].push_back(number);
}

// Whether the lines are names with numbers: all of them are, and no name is there twice.
bool ClassMap::read_pairs(const std::string& file, const std::vector<std::string>& lines) {
  std::vector<Pair> pairs;
  std::map<std::string, int> seen;
  for (const std::string& line : lines) {
    std::optional<Pair> pair = pair_from(line);
    if (!pair || !seen.emplace(pair->name, pair->number).second) return false;
    pairs.push_back(*std::move(pair));
  }
  for (const Pair& pair : pairs) {
    if (pair.number > kMostClasses) {
      throw Error(fmt::format("{}: class {} of '{}', expected 0 to {}", file, pair.number,
                              pair.name, kMostClasses));
    }
    add(pair.name, pair.number);
  }
  listed_ = false;
  return true;
}

std::optional<int> ClassMap::find(std::string_view name) const {
  for (const Numbers* numbers : {&numbers_, &first_words_}) {
    const auto found = numbers->find(name);
    if (found == numbers->end()) continue;
    if (found->second.size() == 1) return found->second.front();
    throw Error(fmt::format("class '{}' has several numbers, {} and {}", name, found->second[0],
                            found->second[1]));
  }
  return std::nullopt;
}

std::string ClassMap::summary() const { return first_names(names_); }

void ClassMap::expect(std::int64_t classes) const {
  if (empty()) return;
  if (listed_ && !std::cmp_equal(names_.size(), classes)) {
    throw Error(fmt::format("the list of class names has {} names, but the network has {} classes",
                            names_.size(), classes));
  }
  if (std::cmp_greater(names_.size(), classes)) {
    throw Error(
        fmt::format("the class names give '{}' the number {}, but the network has {} classes",
                    names_.back(), names_.size() - 1, classes));
  }
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    if (shown++ == kFirst) return text + ", ...";
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", i, names[i]);
  }
  return text;
}

}  // namespace qbench
