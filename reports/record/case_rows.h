// The cases of a database: records to rows and back.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

struct CasePlace {
  std::int64_t run = 0;
  std::int64_t position = 0;
  std::optional<std::int64_t> row{};  // its id, where that is to be a certain one
};

// Adds the record with its metrics, and those of its blobs that are not there. Within a
// transaction.
void insert_case(SQLite::Database& database, const CasePlace& place, const CaseRecord& record);

// What CaseLoader reads: "case_id, model, ..., id".
std::string case_columns();

// Reads cases with all that belongs to them. What several have in common is read once, and shared.
class CaseLoader {
 public:
  explicit CaseLoader(const SQLite::Database& database);

  // `rows` selects case_columns(). Throws Error naming table and row where one is damaged.
  std::vector<CaseRecord> load(SQLite::Statement& rows);

 private:
  template <class T>
  using Known = std::unordered_map<std::string, SharedList<T>>;

  CaseRecord load_case(SQLite::Statement& columns, std::int64_t row);
  std::vector<MetricValue> load_metrics(std::int64_t row);
  template <class T, class Unpack>
  SharedList<T> shared(Known<T>& known, const std::string& hash, const Unpack& unpack);
  template <class Unpack>
  auto read_blob(const std::string& hash, const Unpack& unpack);

  SQLite::Statement metrics_;
  SQLite::Statement blobs_;
  Known<Prediction> predictions_;
  Known<DetectedImage> detections_;
};

}  // namespace qbench
