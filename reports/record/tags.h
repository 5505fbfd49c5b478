// Names that people give to runs of a database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

struct Tag {
  std::string name;
  std::int64_t run = 0;

  bool operator==(const Tag&) const = default;
};

// Throws Error unless `name` is letters, digits and . _ - +, begins with a letter and is no word
// that names a run already (latest, previous) or a file of a database (ends in .sqlite).
void check_tag(std::string_view name);

// All functions throw Error naming the file, as those of Store do. `database` is its path.

std::vector<Tag> list_tags(const std::string& database);  // by name

// Gives the name to the run, and takes it from another that has it. Throws Error, too, when there
// is no such run or the name is none that check_tag allows.
void put_tag(const std::string& database, const Tag& tag);

// False when there is no such tag.
bool remove_tag(const std::string& database, std::string_view name);

}  // namespace qbench
