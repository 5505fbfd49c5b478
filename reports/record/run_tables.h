// The tables that hang on a run, as the database itself describes them.
#pragma once

#include <SQLiteCpp/Database.h>

#include <map>
#include <string>
#include <vector>

namespace qbench {

struct RunTable {
  std::string name;
  std::vector<std::string> columns;
  std::string row_id;                          // the column that is its row id; empty: none
  std::map<std::string, std::string> parents;  // column -> the table whose row id it holds
  std::string of_run;                          // SQL: whether a row hangs on run ?1
};

// `runs`, then every table that refers to it, straight or through others, each after those that it
// refers to.
std::vector<RunTable> run_tables(const SQLite::Database& database);

}  // namespace qbench
