// The store: records to rows and back.
#include "reports/record/store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <utility>

#include "engine/core/error.h"
#include "reports/record/case_rows.h"
#include "reports/record/database.h"
#include "reports/record/schema.h"
#include "reports/record/store_verdicts.h"

namespace qbench {
namespace {

RunInfo read_info(const SQLite::Statement& row) {
  RunInfo info;
  info.id = row.getColumn(0).getInt64();
  info.suite = row.getColumn(1).getString();
  info.command_line = row.getColumn(2).getString();
  info.started = row.getColumn(3).getString();
  info.finished = row.getColumn(4).getString();
  return info;
}

constexpr const char* kSelectRuns = "SELECT id, suite, command_line, started, finished FROM runs ";

}  // namespace

struct Store::Impl {
  Impl(std::string file, SQLite::Database connection, bool may_write)
      : path(std::move(file)), database(std::move(connection)), writes(may_write) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (writes) close_written(database);
  }

  template <class Body>
  auto guarded(Body&& body) {
    return qbench::guarded(path, std::forward<Body>(body));
  }

  void require_run(std::int64_t run);
  void insert_environment(std::int64_t run, const Environment& environment);
  Environment load_environment(std::int64_t run);
  std::optional<std::int64_t> remove_case(std::int64_t run, const std::string& case_id);

  std::string path;
  SQLite::Database database;
  bool writes;
};

void Store::Impl::require_run(std::int64_t run) {
  SQLite::Statement found(database, "SELECT 1 FROM runs WHERE id = ?");
  found.bind(1, run);
  if (!found.executeStep()) throw Error(fmt::format("no run {} in this database", run));
}

void Store::Impl::insert_environment(std::int64_t run, const Environment& environment) {
  SQLite::Statement insert(database, "INSERT INTO environment VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < environment.values.size(); ++i) {
    insert.bind(1, run);
    insert.bind(2, static_cast<std::int64_t>(i));
    insert.bind(3, environment.values[i].first);
    insert.bind(4, environment.values[i].second);
    insert.exec();
    insert.reset();
  }
}

Environment Store::Impl::load_environment(std::int64_t run) {
  Environment environment;
  SQLite::Statement rows(database,
                         "SELECT name, value FROM environment WHERE run = ? ORDER BY position");
  rows.bind(1, run);
  while (rows.executeStep()) {
    environment.values.emplace_back(rows.getColumn(0).getString(), rows.getColumn(1).getString());
  }
  return environment;
}

// Returns the row that made room: its id is given to the record that replaces it, and with it the
// place in the run.
std::optional<std::int64_t> Store::Impl::remove_case(std::int64_t run, const std::string& case_id) {
  SQLite::Statement find(database, "SELECT id FROM cases WHERE run = ? AND case_id = ?");
  find.bind(1, run);
  find.bind(2, case_id);
  if (!find.executeStep()) return std::nullopt;
  const std::int64_t row = find.getColumn(0).getInt64();
  SQLite::Statement remove(database, "DELETE FROM cases WHERE id = ?");
  remove.bind(1, row);
  remove.exec();
  return row;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(const std::string& path, Mode mode) {
  return qbench::guarded(path, [&] {
    const bool writes = mode == Mode::create;
    const auto open = writes ? open_runs_for_writing : open_runs_for_reading;
    return Store(std::make_unique<Impl>(path, open(path), writes));
  });
}

std::int64_t Store::begin_run(const RunInfo& info) {
  return impl_->guarded([&] {
    SQLite::Transaction transaction(impl_->database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement insert(impl_->database,
                             "INSERT INTO runs (suite, command_line, started, finished) "
                             "VALUES (?, ?, ?, '')");
    insert.bind(1, info.suite);
    insert.bind(2, info.command_line);
    insert.bind(3, info.started);
    insert.exec();
    const std::int64_t run = impl_->database.getLastInsertRowid();
    impl_->insert_environment(run, info.environment);
    transaction.commit();
    return run;
  });
}

void Store::finish_run(std::int64_t run, std::string_view finished) {
  impl_->guarded([&] {
    impl_->require_run(run);
    SQLite::Statement update(impl_->database, "UPDATE runs SET finished = ? WHERE id = ?");
    update.bind(1, std::string(finished));
    update.bind(2, run);
    update.exec();
  });
}

void Store::put(std::int64_t run, const CaseRecord& record, std::int64_t position) {
  impl_->guarded([&] {
    SQLite::Transaction transaction(impl_->database, SQLite::TransactionBehavior::IMMEDIATE);
    impl_->require_run(run);
    const std::optional<std::int64_t> replaced = impl_->remove_case(run, record.case_id);
    insert_case(impl_->database, {.run = run, .position = position, .row = replaced}, record);
    transaction.commit();
  });
}

void Store::put_verdicts(std::int64_t run, std::span<const Verdict> verdicts) {
  impl_->guarded([&] {
    SQLite::Transaction transaction(impl_->database, SQLite::TransactionBehavior::IMMEDIATE);
    impl_->require_run(run);
    replace_verdicts(impl_->database, run, verdicts);
    transaction.commit();
  });
}

Run Store::load_run(std::int64_t run) const {
  return impl_->guarded([&] {
    SQLite::Transaction one_snapshot(impl_->database);
    SQLite::Statement found(impl_->database, kSelectRuns + std::string("WHERE id = ?"));
    found.bind(1, run);
    if (!found.executeStep()) throw Error(fmt::format("no run {} in this database", run));
    Run loaded{.info = read_info(found), .cases = {}};
    loaded.info.environment = impl_->load_environment(run);
    SQLite::Statement rows(
        impl_->database,
        fmt::format("SELECT {} FROM cases WHERE run = ? ORDER BY position, id", case_columns()));
    rows.bind(1, run);
    loaded.cases = CaseLoader(impl_->database).load(rows);
    loaded.verdicts = load_verdicts(impl_->database, run);
    return loaded;
  });
}

std::optional<std::int64_t> Store::latest_run(std::string_view suite) const {
  return impl_->guarded([&]() -> std::optional<std::int64_t> {
    SQLite::Statement found(impl_->database,
                            "SELECT id FROM runs WHERE ?1 IN ('', suite) "
                            "ORDER BY started DESC, id DESC LIMIT 1");
    found.bind(1, std::string(suite));
    if (!found.executeStep()) return std::nullopt;
    return found.getColumn(0).getInt64();
  });
}

std::vector<RunInfo> Store::list_runs() const {
  return impl_->guarded([&] {
    SQLite::Transaction one_snapshot(impl_->database);
    std::vector<RunInfo> runs;
    SQLite::Statement rows(impl_->database, kSelectRuns + std::string("ORDER BY started, id"));
    while (rows.executeStep()) runs.push_back(read_info(rows));
    for (RunInfo& run : runs) run.environment = impl_->load_environment(run.id);
    return runs;
  });
}

std::optional<CaseRecord> Store::find_reusable(std::string_view case_id) const {
  return impl_->guarded([&]() -> std::optional<CaseRecord> {
    SQLite::Transaction one_snapshot(impl_->database);
    SQLite::Statement rows(
        impl_->database,
        fmt::format("SELECT {} FROM cases WHERE case_id = ? AND status = '{}' ORDER BY "
                    "(SELECT started FROM runs WHERE runs.id = run) DESC, run DESC LIMIT 1",
                    case_columns(), to_string(Status::ok)));
    rows.bind(1, std::string(case_id));
    std::vector<CaseRecord> found = CaseLoader(impl_->database).load(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

}  // namespace qbench
