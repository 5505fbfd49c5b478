// Class names and the numbers that a network gives them, as a user says it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

class ClassMap {
 public:
  ClassMap() = default;  // nothing was said

  // Names in the network's order, or one name of a FILE: a line for each class in the network's
  // order, or lines of a name and its number ("n01440764 0"). Blank lines are left out. Throws
  // Error naming the file and line.
  explicit ClassMap(const std::vector<std::string>& given);

  bool empty() const { return names_.empty(); }

  // The number of a class: of the line that is its name, or whose first word it is ("n01440764
  // tench, Tinca tinca"). Nothing when there is none. Throws Error when several lines are.
  std::optional<int> find(std::string_view name) const;

  // By number; empty where no name has the number.
  const std::vector<std::string>& names() const { return names_; }

  // The first of them, for messages.
  std::string summary() const;

  // Throws Error unless the map is of a network with this many classes: a list has as many names, a
  // number is below it.
  void expect(std::int64_t classes) const;

 private:
  using Numbers = std::map<std::string, std::vector<int>, std::less<>>;

  void add(const std::string& line, int number);
  bool read_pairs(const std::string& file, const std::vector<std::string>& lines);

  bool listed_ = true;  // every number has its name; else pairs
  std::vector<std::string> names_;
  Numbers numbers_;
  Numbers first_words_;
};

// How a data set is opened.
struct OpenOptions {
  ClassMap classes{};
  bool labels = true;  // whether they will be read: if not, no class is unknown
};

// "0 ant, 1 bee, 2 cow, ...": the first of the names with their numbers.
std::string first_names(const std::vector<std::string>& names);

}  // namespace qbench
