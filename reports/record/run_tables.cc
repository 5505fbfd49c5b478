#include "reports/record/run_tables.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace qbench {
namespace {

RunTable describe(const SQLite::Database& database, const std::string& name) {
  RunTable table{.name = name, .columns = {}, .row_id = {}, .parents = {}, .of_run = {}};
  SQLite::Statement columns(database, "SELECT name, type, pk FROM pragma_table_info(?)");
  columns.bind(1, name);
  int key_columns = 0;
  while (columns.executeStep()) {
    table.columns.push_back(columns.getColumn(0).getString());
    if (columns.getColumn(2).getInt() == 0) continue;
    const bool is_integer = columns.getColumn(1).getString() == "INTEGER";
    table.row_id = ++key_columns == 1 && is_integer ? table.columns.back() : "";
  }
  SQLite::Statement keys(database, "SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?)");
  keys.bind(1, name);
  while (keys.executeStep())
    table.parents.emplace(keys.getColumn(0).getString(), keys.getColumn(1).getString());
  return table;
}

std::vector<RunTable> describe_all(const SQLite::Database& database) {
  std::vector<RunTable> tables;
  SQLite::Statement names(database, "SELECT name FROM sqlite_master WHERE type = 'table'");
  while (names.executeStep()) tables.push_back(describe(database, names.getColumn(0).getString()));
  return tables;
}

// By the run itself where the table refers to it, else by the first of its parents that is there
// already.
std::string condition(const RunTable& table, const std::vector<RunTable>& known) {
  for (const auto& [column, parent] : table.parents)
    if (parent == "runs") return fmt::format("{} = ?1", column);
  for (const auto& [column, parent] : table.parents) {
    const auto found = std::ranges::find(known, parent, &RunTable::name);
    if (found == known.end()) continue;
    return fmt::format("{} IN (SELECT {} FROM {} WHERE {})", column, found->row_id, parent,
                       found->of_run);
  }
  return {};
}

}  // namespace

std::vector<RunTable> run_tables(const SQLite::Database& database) {
  std::vector<RunTable> open = describe_all(database);
  std::vector<RunTable> known;
  const auto take = [&](const std::vector<RunTable>::iterator table, std::string of_run) {
    table->of_run = std::move(of_run);
    known.push_back(std::move(*table));
    open.erase(table);
  };
  take(std::ranges::find(open, "runs", &RunTable::name), "id = ?1");
  const auto waits = [&](const RunTable& table) {
    return std::ranges::any_of(table.parents, [&](const auto& key) {
      return key.second != table.name &&
             std::ranges::find(open, key.second, &RunTable::name) != open.end();
    });
  };
  for (bool found = true; found;) {
    found = false;
    for (auto table = open.begin(); table != open.end() && !found; ++table) {
      std::string of_run = condition(*table, known);
      found = !of_run.empty() && !waits(*table);
      if (found) take(table, std::move(of_run));
      if (found) break;
    }
  }
  return known;
}

}  // namespace qbench
