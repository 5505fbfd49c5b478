#include "reports/record/statistics_cache.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <span>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "reports/record/blob.h"
#include "reports/record/database.h"
#include "reports/record/schema.h"

namespace qbench {
namespace {

constexpr int kPatienceMs = 1000;  // with other processes that write

std::string json_array(const std::vector<std::string>& hashes) {
  std::string text;
  for (const std::string& hash : hashes)
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ",", hash);
  return '[' + text + ']';
}

class StoredStatistics : public StatisticsInMemory {
 public:
  StoredStatistics(SQLite::Database database, bool writes)
      : database_(std::move(database)), writes_(writes) {}
  StoredStatistics(const StoredStatistics&) = delete;
  StoredStatistics& operator=(const StoredStatistics&) = delete;
  ~StoredStatistics() override {
    if (writes_) close_written(database_);
  }

  std::optional<std::vector<double>> find(const StatisticKey& key) override {
    if (auto known = StatisticsInMemory::find(key)) return known;
    try {
      std::optional<std::vector<double>> stored = read(key);
      if (stored) StatisticsInMemory::put(key, *stored);
      return stored;
    } catch (const SQLite::Exception&) {
      return std::nullopt;
    }
  }

  void put(const StatisticKey& key, const std::vector<double>& numbers) override {
    StatisticsInMemory::put(key, numbers);
    if (failed_ || !writes_) return;
    try {
      write(key, numbers);
    } catch (const SQLite::Exception&) {
      failed_ = true;  // a full disk, or one that is busy, need not be waited for again
    }
  }

 private:
  static std::string checksum(const StatisticKey& key, const std::string& bytes) {
    return Hasher().add(key.name).add(key.parameters).add(json_array(key.inputs)).add(bytes).hex();
  }

  std::optional<std::vector<double>> read(const StatisticKey& key) {
    SQLite::Statement row(database_,
                          "SELECT numbers, checksum FROM statistics "
                          "WHERE inputs = ? AND name = ? AND parameters = ?");
    row.bind(1, json_array(key.inputs));
    row.bind(2, key.name);
    row.bind(3, key.parameters);
    if (!row.executeStep()) return std::nullopt;
    const std::string bytes = row.getColumn(0).getString();
    if (row.getColumn(1).getString() != checksum(key, bytes)) return std::nullopt;
    return unpack_numbers(std::as_bytes(std::span(bytes)));
  }

  void write(const StatisticKey& key, const std::vector<double>& numbers) {
    const std::string bytes = pack_numbers(numbers);
    SQLite::Statement insert(database_, "INSERT OR REPLACE INTO statistics VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, key.name);
    insert.bind(2, key.parameters);
    insert.bind(3, json_array(key.inputs));
    insert.bindNoCopy(4, bytes.data(), static_cast<int>(bytes.size()));
    insert.bind(5, checksum(key, bytes));
    insert.exec();
  }

  SQLite::Database database_;
  bool writes_;
  bool failed_ = false;
};

std::unique_ptr<StatisticsCache> open(const std::string& path, int mode) {
  SQLite::Database database(path, mode, kPatienceMs);
  if (!is_current(database, schema_migrations())) return nullptr;
  const bool writes =
      mode == SQLite::OPEN_READWRITE && sqlite3_db_readonly(database.getHandle(), "main") == 0;
  return std::make_unique<StoredStatistics>(std::move(database), writes);
}

}  // namespace

std::optional<std::vector<double>> StatisticsInMemory::find(const StatisticKey& key) {
  const auto found = known_.find(key);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void StatisticsInMemory::put(const StatisticKey& key, const std::vector<double>& numbers) {
  known_[key] = numbers;
}

std::unique_ptr<StatisticsCache> open_statistics(const std::string& path) {
  for (const int mode : {SQLite::OPEN_READWRITE, SQLite::OPEN_READONLY}) {
    try {
      if (auto opened = open(path, mode)) return opened;
    } catch (const SQLite::Exception&) {  // not for writing, or not at all
    } catch (const Error&) {              // no database of this program
    }
  }
  return std::make_unique<StatisticsInMemory>();
}

}  // namespace qbench
