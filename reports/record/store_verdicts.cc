// Verdicts to rows and back.
#include "reports/record/store_verdicts.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <string>

namespace qbench {
namespace {

template <class T>
void bind(SQLite::Statement& statement, int index, const std::optional<T>& value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

std::optional<double> real(const SQLite::Statement& row, int column) {
  const SQLite::Column field = row.getColumn(column);
  return field.isNull() ? std::nullopt : std::optional(field.getDouble());
}

}  // namespace

void replace_verdicts(SQLite::Database& database, std::int64_t run,
                      std::span<const Verdict> verdicts) {
  SQLite::Statement remove(database, "DELETE FROM verdicts WHERE run = ?");
  remove.bind(1, run);
  remove.exec();
  SQLite::Statement insert(database,
                           "INSERT INTO verdicts (run, position, rule, kind, place, case_id, word, "
                           "failed, value, bound, low, high, images_needed, reason) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& verdict = verdicts[i];
    const std::optional<Interval>& limits = verdict.interval;
    insert.bind(1, run);
    insert.bind(2, static_cast<std::int64_t>(i));
    insert.bind(3, verdict.rule);
    insert.bind(4, verdict.kind);
    insert.bind(5, verdict.place);
    insert.bind(6, verdict.case_id);
    insert.bind(7, std::string(to_string(verdict.word)));
    insert.bind(8, verdict.failed ? 1 : 0);
    bind(insert, 9, verdict.value);  // SQLite keeps NaN as NULL
    bind(insert, 10, verdict.bound);
    bind(insert, 11, limits ? std::optional(limits->low) : std::nullopt);
    bind(insert, 12, limits ? std::optional(limits->high) : std::nullopt);
    bind(insert, 13, verdict.images_needed);
    insert.bind(14, verdict.reason);
    insert.exec();
    insert.reset();
  }
}

std::vector<Verdict> load_verdicts(SQLite::Database& database, std::int64_t run) {
  std::vector<Verdict> verdicts;
  SQLite::Statement rows(
      database,
      "SELECT rule, kind, place, case_id, word, failed, value, bound, low, high, "
      "images_needed, reason FROM verdicts WHERE run = ? ORDER BY position");
  rows.bind(1, run);
  while (rows.executeStep()) {
    Verdict verdict{.rule = rows.getColumn(0).getString(),
                    .kind = rows.getColumn(1).getString(),
                    .place = rows.getColumn(2).getString(),
                    .case_id = rows.getColumn(3).getString(),
                    .word = verdict_word_from_string(rows.getColumn(4).getString()),
                    .failed = rows.getColumn(5).getInt() != 0,
                    .value = real(rows, 6),
                    .bound = real(rows, 7),
                    .reason = rows.getColumn(11).getString()};
    const std::optional<double> low = real(rows, 8);
    const std::optional<double> high = real(rows, 9);
    if (low && high) verdict.interval = Interval{*low, *high};
    const SQLite::Column needed = rows.getColumn(10);
    if (!needed.isNull()) verdict.images_needed = needed.getInt64();
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace qbench
