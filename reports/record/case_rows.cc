#include "reports/record/case_rows.h"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "reports/record/blob.h"
#include "reports/record/fields.h"
#include "reports/record/latency.h"

namespace qbench {
namespace {

// What a CaseRecord fills, in the order that insert_row binds and CaseLoader reads.
struct Columns {
  std::string names;         // "case_id, model, ..., detections_hash"
  std::string placeholders;  // "?, " for each
};

Columns record_columns() {
  Columns columns;
  const auto add = [&](std::string_view name, const auto&) {
    if (!columns.names.empty()) columns.names += ", ";
    columns.names += name;
    columns.placeholders += "?, ";
  };
  const CaseRecord record;
  visit_fields(record, add);
  for (const char* name : {"latency_counts", "latency_hash", "predictions_hash", "detections_hash"})
    add(name, 0);
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
  void hash(const std::string& hash) {  // empty: no bytes
    if (hash.empty()) {
      statement_.bind(next_++);
    } else {
      statement_.bind(next_++, hash);
    }
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

// Returns the key of the bytes; empty for none.
std::string insert_blob(SQLite::Database& database, const std::string& bytes) {
  if (bytes.empty()) return {};
  if (!std::in_range<int>(bytes.size()))
    throw Error(fmt::format("{} bytes of samples, expected less than 2 GiB", bytes.size()));
  std::string hash = content_hash(bytes);
  SQLite::Statement insert(database, "INSERT OR IGNORE INTO blobs (hash, bytes) VALUES (?, ?)");
  insert.bind(1, hash);
  insert.bindNoCopy(2, bytes.data(), static_cast<int>(bytes.size()));
  insert.exec();
  return hash;
}

std::int64_t insert_row(SQLite::Database& database, const CasePlace& place,
                        const CaseRecord& record) {
  const std::string latency = insert_blob(database, pack_latency(record.latency_ns));
  const std::string predictions = insert_blob(database, pack_predictions(record.predictions));
  const std::string detections = insert_blob(database, pack_detections(record.detections));
  const Columns columns = record_columns();
  SQLite::Statement insert(
      database, fmt::format("INSERT INTO cases ({}, run, position, id) VALUES ({}?, ?, ?)",
                            columns.names, columns.placeholders));
  Binder bind(insert);
  visit_fields(record, bind);
  bind("latency_counts", fmt::format("{}", fmt::join(record.latency_counts, ",")));
  bind.hash(latency);
  bind.hash(predictions);
  bind.hash(detections);
  bind.integer(place.run);
  bind.integer(place.position);
  bind.integer(place.row);
  insert.exec();
  return database.getLastInsertRowid();
}

void insert_metrics(SQLite::Database& database, std::int64_t row,
                    const std::vector<MetricValue>& metrics) {
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

}  // namespace

void insert_case(SQLite::Database& database, const CasePlace& place, const CaseRecord& record) {
  insert_metrics(database, insert_row(database, place, record), record.metrics);
}

std::string case_columns() { return record_columns().names + ", id"; }

CaseLoader::CaseLoader(const SQLite::Database& database)
    : metrics_(database,
               "SELECT name, value, unit, bigger_is_better FROM metrics "
               "WHERE case_row = ? ORDER BY position"),
      blobs_(database, "SELECT bytes FROM blobs WHERE hash = ?") {}

// Throws Error unless the bytes are there, whole, and of the kind that `unpack` takes.
template <class Unpack>
auto CaseLoader::read_blob(const std::string& hash, const Unpack& unpack) {
  blobs_.reset();
  blobs_.bind(1, hash);
  if (!blobs_.executeStep())
    throw Error(fmt::format("no row '{}' in table blobs, which this one refers to", hash));
  const SQLite::Column field = blobs_.getColumn(0);
  const std::span bytes(static_cast<const std::byte*>(field.getBlob()),
                        static_cast<std::size_t>(field.getBytes()));
  const std::string found =
      content_hash(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const auto where = [&hash] { return fmt::format("table blobs, row '{}'", hash); };
  if (found != hash)
    throw Error(
        fmt::format("{}: damaged: {} bytes whose hash is {}", where(), bytes.size(), found));
  try {
    return unpack(bytes);
  } catch (const Error& error) {
    throw error.at(where());
  }
}

template <class T, class Unpack>
SharedList<T> CaseLoader::shared(Known<T>& known, const std::string& hash, const Unpack& unpack) {
  if (hash.empty()) return {};
  const auto found = known.find(hash);
  if (found != known.end()) return found->second;
  return known.emplace(hash, SharedList<T>(read_blob(hash, unpack), hash)).first->second;
}

std::vector<MetricValue> CaseLoader::load_metrics(std::int64_t row) {
  std::vector<MetricValue> metrics;
  metrics_.reset();
  metrics_.bind(1, row);
  while (metrics_.executeStep()) {
    const SQLite::Column value = metrics_.getColumn(1);
    metrics.push_back(
        {.name = metrics_.getColumn(0).getString(),
         .value = value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble(),
         .unit = metrics_.getColumn(2).getString(),
         .bigger_is_better = metrics_.getColumn(3).getInt() != 0});
  }
  return metrics;
}

CaseRecord CaseLoader::load_case(SQLite::Statement& columns, std::int64_t row) {
  CaseRecord record;
  Reader reader(columns);
  visit_fields(record, reader);
  std::string counts;
  std::string latency;
  std::string predictions;
  std::string detections;
  for (std::string* text : {&counts, &latency, &predictions, &detections}) reader("", *text);
  record.latency_counts = parse_counts(counts);
  if (!latency.empty()) record.latency_ns = read_blob(latency, unpack_latency);
  if (!record.latency_counts.empty()) process_medians(record.latency_ns, record.latency_counts);
  record.predictions = shared(predictions_, predictions, unpack_predictions);
  record.detections = shared(detections_, detections, unpack_detections);
  record.metrics = load_metrics(row);
  return record;
}

std::vector<CaseRecord> CaseLoader::load(SQLite::Statement& rows) {
  std::vector<CaseRecord> cases;
  while (rows.executeStep()) {
    const std::int64_t row = rows.getColumn(rows.getColumnCount() - 1).getInt64();
    try {
      cases.push_back(load_case(rows, row));
    } catch (const Error& error) {
      throw error.at(fmt::format("table cases, row {}", row));
    }
  }
  return cases;
}

}  // namespace qbench
