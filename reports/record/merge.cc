#include "reports/record/merge.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "reports/record/blob.h"
#include "reports/record/run_tables.h"
#include "reports/record/schema.h"

namespace qbench {
namespace {

constexpr const char* kBlobColumns[] = {"latency_hash", "predictions_hash", "detections_hash"};

// What tells a run from others.
struct Identity {
  std::int64_t run = 0;
  std::string head;  // suite, command, start, environment
  std::string finished;
  std::set<std::string> cases;
};

std::vector<Identity> identities(const SQLite::Database& database) {
  std::vector<Identity> found;
  SQLite::Statement runs(database,
                         "SELECT id, suite, command_line, started, finished FROM runs "
                         "ORDER BY started, id");
  SQLite::Statement environment(
      database, "SELECT name, value FROM environment WHERE run = ? ORDER BY position");
  SQLite::Statement cases(database, "SELECT case_id FROM cases WHERE run = ?");
  while (runs.executeStep()) {
    Identity& run = found.emplace_back();
    run.run = runs.getColumn(0).getInt64();
    run.finished = runs.getColumn(4).getString();
    const auto add = [&run](const std::string& text) {
      run.head += fmt::format("{}:{}", text.size(), text);
    };
    for (int i = 1; i < 4; ++i) add(runs.getColumn(i).getString());
    for (SQLite::Statement* rows : {&environment, &cases}) {
      rows->reset();
      rows->bind(1, run.run);
    }
    while (environment.executeStep()) {
      add(environment.getColumn(0).getString());
      add(environment.getColumn(1).getString());
    }
    while (cases.executeStep()) run.cases.insert(cases.getColumn(0).getString());
  }
  return found;
}

void bind_value(SQLite::Statement& statement, int index, const SQLite::Column& value) {
  if (value.isNull()) {
    statement.bind(index);
  } else if (value.isInteger()) {
    statement.bind(index, value.getInt64());
  } else if (value.isFloat()) {
    statement.bind(index, value.getDouble());
  } else if (value.isText()) {
    statement.bind(index, value.getString());
  } else {
    statement.bind(index, value.getBlob(), value.getBytes());
  }
}

// One source into the target, within a transaction of the target.
class Merger {
 public:
  Merger(SQLite::Database& source, std::string name, SQLite::Database& target,
         std::vector<std::string>& notices)
      : source_(source),
        name_(std::move(name)),
        target_(target),
        tables_(run_tables(target)),
        notices_(notices) {}

  MergeCounts merge(std::vector<Identity>& there) {
    MergeCounts counts{.source = name_};
    for (const Identity& run : identities(source_)) {
      maps_.clear();
      const auto known = std::ranges::find_if(there, [&](const Identity& other) {
        return other.head == run.head &&
               (other.cases == run.cases ||
                (run.finished.empty() && std::ranges::includes(other.cases, run.cases)));
      });
      const auto begun = std::ranges::find_if(there, [&](const Identity& other) {
        return other.head == run.head && other.finished.empty() &&
               std::ranges::includes(run.cases, other.cases);
      });
      const bool has_more =
          begun != there.end() && (begun->cases.size() < run.cases.size() || !run.finished.empty());
      if (has_more) {
        complete(run, *begun);
        ++counts.completed;
      } else if (known != there.end()) {
        add_what_came_later(run, *known);
        ++counts.known;
      } else {
        there.push_back(run);
        there.back().run = copy_run(run.run);
        ++counts.added;
      }
    }
    copy_statistics();
    return counts;
  }

 private:
  std::int64_t copy_run(std::int64_t run) {
    for (const RunTable& table : tables_) copy_rows(table, run);
    copy_blobs(run);
    return maps_["runs"].at(run);
  }

  // The target's run keeps its number, and what only the target knows of it.
  void complete(const Identity& run, Identity& begun) {
    maps_["runs"][run.run] = begun.run;
    SQLite::Statement finish(target_, "UPDATE runs SET finished = ? WHERE id = ?");
    finish.bind(1, run.finished);
    finish.bind(2, begun.run);
    finish.exec();
    for (const RunTable& table : tables_) {
      if (table.name == "runs") continue;
      if (has_rows(table, run.run)) remove_rows(table, begun.run);
      copy_rows(table, run.run);
    }
    copy_blobs(run.run);
    begun.finished = run.finished;
    begun.cases = run.cases;
  }

  // Tags and the like, but for the run's own records.
  void add_what_came_later(const Identity& run, const Identity& known) {
    maps_["runs"][run.run] = known.run;
    for (const RunTable& table : tables_) {
      const bool is_record = table.name == "runs" || table.name == "environment" ||
                             table.name == "cases" || !refers_to_run(table);
      if (!is_record) copy_rows(table, run.run);
    }
  }

  static bool refers_to_run(const RunTable& table) {
    return std::ranges::all_of(table.parents, [](const auto& key) { return key.second == "runs"; });
  }

  bool has_rows(const RunTable& table, std::int64_t run) {
    SQLite::Statement any(
        source_, fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", table.name, table.of_run));
    any.bind(1, run);
    return any.executeStep();
  }

  void remove_rows(const RunTable& table, std::int64_t run) {
    SQLite::Statement remove(target_,
                             fmt::format("DELETE FROM {} WHERE {}", table.name, table.of_run));
    remove.bind(1, run);
    remove.exec();
  }

  void copy_rows(const RunTable& table, std::int64_t run) {
    std::vector<std::string> columns = table.columns;
    const bool gets_new_id = !table.row_id.empty() && !table.parents.contains(table.row_id);
    if (gets_new_id) std::erase(columns, table.row_id);
    const std::string list = fmt::format("{}", fmt::join(columns, ", "));
    std::string placeholders;
    std::string equal;
    for (const std::string& column : columns) {
      placeholders += placeholders.empty() ? "?" : ", ?";
      equal += fmt::format("{}{} IS ?", equal.empty() ? "" : " AND ", column);
    }
    SQLite::Statement rows(source_,
                           fmt::format("SELECT {}, {} FROM {} WHERE {} ORDER BY {}", list,
                                       gets_new_id ? table.row_id : "0", table.name, table.of_run,
                                       gets_new_id ? table.row_id : table.columns.front()));
    SQLite::Statement insert(target_, fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})",
                                                  table.name, list, placeholders));
    SQLite::Statement same(target_, fmt::format("SELECT 1 FROM {} WHERE {}", table.name, equal));
    rows.bind(1, run);
    std::int64_t left_out = 0;
    while (rows.executeStep()) {
      for (SQLite::Statement* statement : {&insert, &same}) {
        statement->reset();
        bind_row(table, columns, rows, *statement);
      }
      if (insert.exec() == 0) {
        if (!same.executeStep()) ++left_out;
      } else if (gets_new_id) {
        maps_[table.name][rows.getColumn(static_cast<int>(columns.size())).getInt64()] =
            target_.getLastInsertRowid();
      }
    }
    if (left_out > 0) {
      notices_.push_back(fmt::format(
          "{}: run {}: {} of table {} left out: the target has another with the same key", name_,
          run, left_out == 1 ? "a row" : fmt::format("{} rows", left_out), table.name));
    }
  }

  void bind_row(const RunTable& table, const std::vector<std::string>& columns,
                const SQLite::Statement& row, SQLite::Statement& statement) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const SQLite::Column value = row.getColumn(static_cast<int>(i));
      const auto parent = table.parents.find(columns[i]);
      const int index = static_cast<int>(i) + 1;
      if (parent == table.parents.end() || value.isNull()) {
        bind_value(statement, index, value);
        continue;
      }
      const auto& map = maps_[parent->second];
      const auto mapped = map.find(value.getInt64());
      if (mapped == map.end())
        throw Error(fmt::format("table {}: refers to row {} of table {}, which is not there",
                                table.name, value.getInt64(), parent->second));
      statement.bind(index, mapped->second);
    }
  }

  void copy_blobs(std::int64_t run) {
    std::string wanted;
    for (const char* column : kBlobColumns) {
      wanted += fmt::format("{}SELECT {} AS hash, id FROM cases WHERE run = ?1 AND {} IS NOT NULL",
                            wanted.empty() ? "" : " UNION ALL ", column, column);
    }
    SQLite::Statement there(target_, "SELECT 1 FROM blobs WHERE hash = ?");
    SQLite::Statement insert(target_, "INSERT INTO blobs (hash, bytes) VALUES (?, ?)");
    SQLite::Statement rows(source_, fmt::format("SELECT w.hash, w.id, bytes FROM ({}) w LEFT JOIN "
                                                "blobs b ON b.hash = w.hash",
                                                wanted));
    rows.bind(1, run);
    while (rows.executeStep()) {
      const std::string hash = rows.getColumn(0).getString();
      there.reset();
      there.bind(1, hash);
      if (there.executeStep()) continue;
      const SQLite::Column bytes = rows.getColumn(2);
      const std::string_view content(static_cast<const char*>(bytes.getBlob()),
                                     static_cast<std::size_t>(bytes.getBytes()));
      if (bytes.isNull() || content_hash(content) != hash)
        throw Error(fmt::format("table cases, row {}: table blobs, row '{}': {}",
                                rows.getColumn(1).getInt64(), hash,
                                bytes.isNull() ? "not there" : "damaged"));
      insert.reset();
      insert.bind(1, hash);
      insert.bindNoCopy(2, bytes.getBlob(), bytes.getBytes());
      insert.exec();
    }
  }

  void copy_statistics() {
    SQLite::Statement rows(source_,
                           "SELECT name, parameters, inputs, numbers, checksum FROM statistics");
    SQLite::Statement insert(target_, "INSERT OR IGNORE INTO statistics VALUES (?, ?, ?, ?, ?)");
    while (rows.executeStep()) {
      insert.reset();
      for (int i = 0; i < 5; ++i) bind_value(insert, i + 1, rows.getColumn(i));
      insert.exec();
    }
  }

  SQLite::Database& source_;
  std::string name_;
  SQLite::Database& target_;
  std::vector<RunTable> tables_;
  std::vector<std::string>& notices_;
  std::map<std::string, std::map<std::int64_t, std::int64_t>> maps_;  // table -> old id -> new one
};

struct Source {
  std::string path;
  SQLite::Database database;
};

std::vector<Source> open_sources(std::span<const std::string> paths, const std::string& target) {
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    guarded(path, [&] {
      std::error_code none;
      if (std::filesystem::equivalent(path, target, none))
        throw Error("is the database to merge into, expected another one");
      sources.push_back({path, open_runs_for_reading(path)});
    });
  }
  return sources;
}

}  // namespace

MergeResult merge_runs(std::span<const std::string> paths, const std::string& target_path) {
  std::vector<Source> sources = open_sources(paths, target_path);
  MergeResult result;
  SQLite::Database target =
      guarded(target_path, [&] { return open_runs_for_writing(target_path); });
  {
    const auto transaction = guarded(target_path, [&] {
      return std::make_unique<SQLite::Transaction>(target, SQLite::TransactionBehavior::IMMEDIATE);
    });
    std::vector<Identity> there = guarded(target_path, [&] { return identities(target); });
    for (Source& source : sources) {
      guarded(fmt::format("{} into {}", source.path, target_path), [&] {
        SQLite::Transaction one_snapshot(source.database);
        result.sources.push_back(
            Merger(source.database, source.path, target, result.notices).merge(there));
      });
    }
    guarded(target_path, [&] { transaction->commit(); });
  }
  close_written(target);
  return result;
}

}  // namespace qbench
