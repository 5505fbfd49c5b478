#include "reports/record/tags.h"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "reports/record/database.h"
#include "reports/record/schema.h"

namespace qbench {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool may_be_in_a_tag(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') ||
         std::string_view("._-+").find(c) != std::string_view::npos;
}

// Runs body(database) on the opened file and puts the file's name before whatever goes wrong.
template <class Body>
auto with_database(const std::string& path, bool writes, Body&& body) {
  try {
    const auto open = writes ? open_for_writing : open_for_reading;
    SQLite::Database database = open(path, schema_migrations());
    if (!writes) return body(database);
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    auto result = body(database);
    transaction.commit();
    close_written(database);
    return result;
  } catch (const SQLite::Exception& error) {
    throw database_error(path, error);
  } catch (const Error& error) {
    throw error.at(path);
  }
}

}  // namespace

void check_tag(std::string_view name) {
  if (name.empty() || !is_letter(name.front()) || !std::ranges::all_of(name, may_be_in_a_tag)) {
    throw Error(fmt::format(
        "tag '{}', expected a letter, then letters, digits and . _ - +: 'release-1.4'", name));
  }
  if (name == "latest" || name == "previous" || name.ends_with(".sqlite")) {
    throw Error(fmt::format("tag '{}' would not be found: the word means {}", name,
                            name.ends_with(".sqlite") ? "a database" : "a run already"));
  }
}

std::vector<Tag> list_tags(const std::string& database) {
  return with_database(database, false, [](SQLite::Database& opened) {
    std::vector<Tag> tags;
    SQLite::Statement rows(opened, "SELECT name, run FROM tags ORDER BY name");
    while (rows.executeStep())
      tags.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getInt64()});
    return tags;
  });
}

void put_tag(const std::string& database, const Tag& tag) {
  check_tag(tag.name);
  with_database(database, true, [&tag](SQLite::Database& opened) {
    SQLite::Statement found(opened, "SELECT 1 FROM runs WHERE id = ?");
    found.bind(1, tag.run);
    if (!found.executeStep()) throw Error(fmt::format("no run {} in this database", tag.run));
    SQLite::Statement insert(opened, "INSERT OR REPLACE INTO tags (name, run) VALUES (?, ?)");
    insert.bind(1, tag.name);
    insert.bind(2, tag.run);
    return insert.exec();
  });
}

bool remove_tag(const std::string& database, std::string_view name) {
  return with_database(database, true, [name](SQLite::Database& opened) {
    SQLite::Statement remove(opened, "DELETE FROM tags WHERE name = ?");
    remove.bind(1, std::string(name));
    return remove.exec() > 0;
  });
}

}  // namespace qbench
