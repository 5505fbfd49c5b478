// The store: records to rows and back.
#include "reports/record/store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstddef>
#include <limits>
#include <span>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "reports/record/blob.h"
#include "reports/record/database.h"
#include "reports/record/fields.h"
#include "reports/record/latency.h"
#include "reports/record/schema.h"
#include "reports/record/store_verdicts.h"

namespace qbench {
namespace {

// The columns of a case that a CaseRecord fills, in the order that insert_case binds and load_cases
// reads.
struct CaseColumns {
  std::string names;         // "case_id, model, ..., detections"
  std::string placeholders;  // "?, " for each
};

CaseColumns case_columns() {
  CaseColumns columns;
  const auto add = [&](std::string_view name, const auto&) {
    if (!columns.names.empty()) columns.names += ", ";
    columns.names += name;
    columns.placeholders += "?, ";
  };
  const CaseRecord record;
  visit_fields(record, add);
  add("latency_counts", 0);
  add("latency_ns", 0);
  add("predictions", 0);
  add("detections", 0);
  return columns;
}

class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  void operator()(std::string_view, const std::string& value) { statement_.bind(next_++, value); }
  void operator()(std::string_view, int value) { statement_.bind(next_++, value); }
  void operator()(std::string_view, Status value) {
    statement_.bind(next_++, std::string(to_string(value)));
  }
  void operator()(std::string_view, const std::optional<double>& value) { optional(value); }
  void integer(std::optional<std::int64_t> value) { optional(value); }
  void blob(const std::string& bytes) {  // must live until the statement has run
    if (!std::in_range<int>(bytes.size())) {
      throw Error(fmt::format("{} bytes of samples, expected less than 2 GiB", bytes.size()));
    }
    statement_.bindNoCopy(next_++, bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  template <class T>
  void optional(const std::optional<T>& value) {
    if (value) {
      statement_.bind(next_++, *value);
    } else {
      statement_.bind(next_++);
    }
  }

  SQLite::Statement& statement_;
  int next_ = 1;
};

class Reader {
 public:
  explicit Reader(SQLite::Statement& statement) : statement_(statement) {}

  void operator()(std::string_view, std::string& value) { value = column().getString(); }
  void operator()(std::string_view, int& value) { value = column().getInt(); }
  void operator()(std::string_view, Status& value) {
    value = status_from_string(column().getString());
  }
  void operator()(std::string_view, std::optional<double>& value) {
    const SQLite::Column field = column();
    if (!field.isNull()) value = field.getDouble();
  }
  std::span<const std::byte> blob() {  // valid until the statement moves on
    const SQLite::Column field = column();
    const auto* bytes = static_cast<const std::byte*>(field.getBlob());
    return {bytes, static_cast<std::size_t>(field.getBytes())};
  }

 private:
  SQLite::Column column() { return statement_.getColumn(next_++); }

  SQLite::Statement& statement_;
  int next_ = 0;
};

// "11,11,12". Throws Error for anything else.
std::vector<int> parse_counts(std::string_view text) {
  std::vector<int> counts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    int count = 0;
    const auto [next, failure] = std::from_chars(at, end, count);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (failure != std::errc() || count < 0 || !separated)
      throw Error(fmt::format("'{}', expected the numbers of latency samples", text));
    counts.push_back(count);
    at = next == end ? end : next + 1;
  }
  return counts;
}

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

  // Runs `body` and puts the file's name before whatever goes wrong.
  template <class Body>
  auto guarded(Body&& body) {
    try {
      return body();
    } catch (const SQLite::Exception& error) {
      throw database_error(path, error);
    } catch (const Error& error) {
      throw error.at(path);
    }
  }

  void require_run(std::int64_t run);
  void insert_environment(std::int64_t run, const Environment& environment);
  Environment load_environment(std::int64_t run);
  std::optional<std::int64_t> remove_case(std::int64_t run, const std::string& case_id);
  std::int64_t insert_case(std::int64_t run, std::optional<std::int64_t> row, std::int64_t position,
                           const CaseRecord& record);
  void insert_metrics(std::int64_t row, const std::vector<MetricValue>& metrics);
  std::vector<MetricValue> load_metrics(std::int64_t row);
  std::vector<CaseRecord> load_cases(SQLite::Statement& rows);

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

std::int64_t Store::Impl::insert_case(std::int64_t run, std::optional<std::int64_t> row,
                                      std::int64_t position, const CaseRecord& record) {
  const std::string latency = pack_latency(record.latency_ns);
  const std::string predictions = pack_predictions(record.predictions);
  const std::string detections = pack_detections(record.detections);
  const CaseColumns columns = case_columns();
  SQLite::Statement insert(
      database, fmt::format("INSERT INTO cases ({}, run, position, id) VALUES ({}?, ?, ?)",
                            columns.names, columns.placeholders));
  Binder bind(insert);
  visit_fields(record, bind);
  bind("latency_counts", fmt::format("{}", fmt::join(record.latency_counts, ",")));
  bind.blob(latency);
  bind.blob(predictions);
  bind.blob(detections);
  bind.integer(run);
  bind.integer(position);
  bind.integer(row);
  insert.exec();
  return database.getLastInsertRowid();
}

void Store::Impl::insert_metrics(std::int64_t row, const std::vector<MetricValue>& metrics) {
  SQLite::Statement insert(database, "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    insert.bind(1, row);
    insert.bind(2, static_cast<std::int64_t>(i));
    insert.bind(3, metrics[i].name);
    insert.bind(4, metrics[i].value);  // SQLite keeps NaN as NULL
    insert.bind(5, metrics[i].unit);
    insert.bind(6, metrics[i].bigger_is_better ? 1 : 0);
    insert.exec();
    insert.reset();
  }
}

std::vector<MetricValue> Store::Impl::load_metrics(std::int64_t row) {
  std::vector<MetricValue> metrics;
  SQLite::Statement rows(database,
                         "SELECT name, value, unit, bigger_is_better FROM metrics "
                         "WHERE case_row = ? ORDER BY position");
  rows.bind(1, row);
  while (rows.executeStep()) {
    const SQLite::Column value = rows.getColumn(1);
    metrics.push_back(
        {.name = rows.getColumn(0).getString(),
         .value = value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble(),
         .unit = rows.getColumn(2).getString(),
         .bigger_is_better = rows.getColumn(3).getInt() != 0});
  }
  return metrics;
}

// `rows` gives the columns of case_columns() and then the row's id.
std::vector<CaseRecord> Store::Impl::load_cases(SQLite::Statement& rows) {
  std::vector<CaseRecord> cases;
  while (rows.executeStep()) {
    CaseRecord record;
    Reader reader(rows);
    visit_fields(record, reader);
    std::string counts;
    reader("latency_counts", counts);
    record.latency_counts = parse_counts(counts);
    record.latency_ns = unpack_latency(reader.blob());
    if (!record.latency_counts.empty()) process_medians(record.latency_ns, record.latency_counts);
    record.predictions = unpack_predictions(reader.blob());
    record.detections = unpack_detections(reader.blob());
    record.metrics = load_metrics(rows.getColumn(rows.getColumnCount() - 1).getInt64());
    cases.push_back(std::move(record));
  }
  return cases;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(const std::string& path, Mode mode) {
  try {
    const bool writes = mode == Mode::create;
    const auto open = writes ? open_for_writing : open_for_reading;
    return Store(std::make_unique<Impl>(path, open(path, schema_migrations()), writes));
  } catch (const SQLite::Exception& error) {
    throw database_error(path, error);
  } catch (const Error& error) {
    throw error.at(path);
  }
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
    impl_->insert_metrics(impl_->insert_case(run, replaced, position, record), record.metrics);
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
        impl_->database, fmt::format("SELECT {}, id FROM cases WHERE run = ? ORDER BY position, id",
                                     case_columns().names));
    rows.bind(1, run);
    loaded.cases = impl_->load_cases(rows);
    loaded.verdicts = load_verdicts(impl_->database, run);
    return loaded;
  });
}

std::optional<std::int64_t> Store::latest_run(std::string_view suite) const {
  return impl_->guarded([&]() -> std::optional<std::int64_t> {
    SQLite::Statement found(impl_->database, "SELECT max(id) FROM runs WHERE ?1 IN ('', suite)");
    found.bind(1, std::string(suite));
    if (!found.executeStep() || found.isColumnNull(0)) return std::nullopt;
    return found.getColumn(0).getInt64();
  });
}

std::vector<RunInfo> Store::list_runs() const {
  return impl_->guarded([&] {
    SQLite::Transaction one_snapshot(impl_->database);
    std::vector<RunInfo> runs;
    SQLite::Statement rows(impl_->database, kSelectRuns + std::string("ORDER BY id"));
    while (rows.executeStep()) runs.push_back(read_info(rows));
    for (RunInfo& run : runs) run.environment = impl_->load_environment(run.id);
    return runs;
  });
}

std::optional<CaseRecord> Store::find_reusable(std::string_view case_id) const {
  return impl_->guarded([&]() -> std::optional<CaseRecord> {
    SQLite::Transaction one_snapshot(impl_->database);
    SQLite::Statement rows(
        impl_->database, fmt::format("SELECT {}, id FROM cases WHERE case_id = ? AND status = '{}' "
                                     "ORDER BY run DESC LIMIT 1",
                                     case_columns().names, to_string(Status::ok)));
    rows.bind(1, std::string(case_id));
    std::vector<CaseRecord> found = impl_->load_cases(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

}  // namespace qbench
