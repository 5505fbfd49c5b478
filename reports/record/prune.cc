#include "reports/record/prune.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>

#include "engine/core/error.h"
#include "reports/record/schema.h"

namespace qbench {
namespace {

std::int64_t size_of(const std::string& path) {
  std::int64_t size = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code none;
    const std::uintmax_t bytes = std::filesystem::file_size(path + suffix, none);
    if (!none) size += static_cast<std::int64_t>(bytes);
  }
  return size;
}

// The runs that go, into a table of the connection's own.
std::vector<RunInfo> choose(SQLite::Database& database, const PruneRules& rules) {
  database.exec("CREATE TEMP TABLE doomed (run INTEGER PRIMARY KEY)");
  const bool spares_tagged = rules.keep_tagged && database.tableExists("tags");
  SQLite::Statement choice(
      database,
      fmt::format("INSERT INTO doomed SELECT id FROM ("
                  "SELECT id, suite, started, row_number() OVER "
                  "(PARTITION BY suite ORDER BY started DESC, id DESC) AS place FROM runs) "
                  "WHERE ?1 IN ('', suite) AND place > ?2 AND (?3 = '' OR started < ?3) {}",
                  spares_tagged ? "AND id NOT IN (SELECT run FROM tags)" : ""));
  choice.bind(1, rules.suite);
  choice.bind(2, rules.keep_last.value_or(0));
  choice.bind(3, rules.before);
  choice.exec();
  std::vector<RunInfo> runs;
  SQLite::Statement rows(database,
                         "SELECT id, suite, command_line, started, finished FROM runs "
                         "WHERE id IN (SELECT run FROM doomed) ORDER BY started, id");
  while (rows.executeStep()) {
    RunInfo& run = runs.emplace_back();
    run.id = rows.getColumn(0).getInt64();
    run.suite = rows.getColumn(1).getString();
    run.command_line = rows.getColumn(2).getString();
    run.started = rows.getColumn(3).getString();
    run.finished = rows.getColumn(4).getString();
  }
  return runs;
}

// Blobs that no case of the runs that stay refers to.
constexpr const char* kUnused = R"sql(
FROM blobs WHERE hash NOT IN (
  SELECT hash FROM (
    SELECT run, latency_hash AS hash FROM cases
    UNION ALL SELECT run, predictions_hash FROM cases
    UNION ALL SELECT run, detections_hash FROM cases)
  WHERE hash IS NOT NULL AND run NOT IN (SELECT run FROM doomed))
)sql";

void count_unused(SQLite::Database& database, PruneResult& result) {
  SQLite::Statement unused(
      database, fmt::format("SELECT count(*), coalesce(sum(length(bytes)), 0) {}", kUnused));
  unused.executeStep();
  result.blobs = unused.getColumn(0).getInt64();
  result.blob_bytes = unused.getColumn(1).getInt64();
}

void remove(SQLite::Database& database) {
  database.exec(fmt::format("DELETE {}", kUnused));
  database.exec(
      "DELETE FROM statistics WHERE EXISTS (SELECT 1 FROM json_each(inputs) "
      "WHERE value NOT IN (SELECT hash FROM blobs))");
  // With all that hangs on them.
  database.exec("DELETE FROM runs WHERE id IN (SELECT run FROM doomed)");
}

PruneResult prune_open(SQLite::Database& database, const PruneRules& rules) {
  PruneResult result;
  SQLite::Transaction transaction(database, rules.dry_run ? SQLite::TransactionBehavior::DEFERRED
                                                          : SQLite::TransactionBehavior::IMMEDIATE);
  result.removed = choose(database, rules);
  const std::int64_t runs = database.execAndGet("SELECT count(*) FROM runs").getInt64();
  result.kept = runs - std::ssize(result.removed);
  if (runs > 0 && result.kept == 0 && !rules.may_empty && !rules.dry_run) {
    throw Error(fmt::format(
        "all {} runs would be removed, expected that some stay; --all allows it", runs));
  }
  count_unused(database, result);
  if (rules.dry_run) return result;
  remove(database);
  transaction.commit();
  return result;
}

}  // namespace

PruneResult prune(const std::string& path, const PruneRules& rules) {
  return guarded(path, [&] {
    if (!std::filesystem::exists(path)) throw Error("is not there, expected a database to prune");
    if (!rules.before.empty()) check_date(rules.before);
    const std::int64_t before = size_of(path);
    PruneResult result;
    {
      SQLite::Database database =
          rules.dry_run ? open_runs_for_reading(path) : open_runs_for_writing(path);
      result = prune_open(database, rules);
      if (!rules.dry_run) {
        database.exec("VACUUM");
        close_written(database);
      }
    }
    result.bytes_before = before;
    result.bytes_after = size_of(path);
    return result;
  });
}

void check_date(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int date_end = -1;
  int end = -1;
  std::sscanf(text.c_str(), "%4d-%2u-%2u%nT%2d:%2d:%2dZ%n", &year, &month, &day, &date_end, &hour,
              &minute, &second, &end);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 20;
  const bool is_date = text.size() == kDate && date_end == static_cast<int>(kDate);
  const bool is_time = text.size() == kTime && end == static_cast<int>(kTime) && hour < 24 &&
                       minute < 60 && second < 60;
  if (!date.ok() || (!is_date && !is_time))
    throw Error(
        fmt::format("date '{}', expected one like 2026-03-01 or 2026-03-01T12:00:00Z", text));
}

}  // namespace qbench
