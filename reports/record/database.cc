// SQLite connection, identity of the file, and migrations.
#include "reports/record/database.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "reports/record/blob.h"

namespace qbench {
namespace {

constexpr int kApplicationId = 0x71626e63;  // "qbnc", at byte 68 of the file
constexpr int kBusyTimeoutMs = 30'000;      // the longest transaction writes one record

// SQLite reads what is missing at the end of a file as zeros, and may find a sensible row in them.
// The header tells how long the file is; while a log lies beside it, that has the last word
// instead.
void require_whole(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code none;
  const std::uintmax_t log = fs::file_size(path + "-wal", none);
  if (!none && log > 0) return;
  std::array<unsigned char, 32> header{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(header.data()), header.size())) return;
  const auto big_endian = [&](std::size_t at, std::size_t bytes) {
    std::uintmax_t value = 0;
    for (std::size_t i = at; i < at + bytes; ++i) value = value << 8U | header.at(i);
    return value;
  };
  const std::uintmax_t page = big_endian(16, 2) == 1 ? 65536 : big_endian(16, 2);
  const std::uintmax_t expected = page * big_endian(28, 4);
  const std::uintmax_t size = fs::file_size(path, none);
  if (!none && size < expected) {
    throw Error(fmt::format("truncated database: {} bytes, expected {}", size, expected));
  }
}

int pragma(SQLite::Database& database, const std::string& name) {
  return database.execAndGet("PRAGMA " + name).getInt();
}

bool is_empty(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0 &&
         pragma(database, "application_id") == 0 && pragma(database, "user_version") == 0;
}

// Schema version; 0 for a file without any tables.
int checked_version(SQLite::Database& database, Migrations migrations) {
  if (is_empty(database)) return 0;
  const int id = pragma(database, "application_id");
  if (id != kApplicationId) {
    throw Error(
        fmt::format("SQLite database of another program (application id {:#x}), expected "
                    "one written by qbench ({:#x})",
                    id, kApplicationId));
  }
  const int version = pragma(database, "user_version");
  const int known = static_cast<int>(migrations.size());
  if (version < 0 || version > known) {
    throw Error(fmt::format("schema version {}, expected at most {}: written by a newer qbench",
                            version, known));
  }
  return version;
}

// All missing steps or none. The version is looked at again inside, for another process may have
// been faster.
void migrate(SQLite::Database& database, Migrations migrations) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  const auto version = static_cast<std::size_t>(checked_version(database, migrations));
  for (const char* step : migrations.subspan(version)) database.exec(step);
  database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.exec(fmt::format("PRAGMA user_version = {}", migrations.size()));
  transaction.commit();
}

// content_hash(BLOB) for SQL, as of blob.h.
void add_content_hash(SQLite::Database& database) {
  const auto compute = [](sqlite3_context* context, int, sqlite3_value** values) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const std::string hash = content_hash({bytes, bytes == nullptr ? 0 : size});
    sqlite3_result_text(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
  };
  database.createFunction("content_hash", 1, true, nullptr, compute);
}

// SQLite does not wait, whatever its timeout, where another process is changing the mode itself.
void use_write_ahead_log(SQLite::Database& database) {
  constexpr std::chrono::milliseconds kPause{5};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_BUSY || std::chrono::steady_clock::now() > end) throw;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

SQLite::Database open_for_writing(const std::string& path, Migrations migrations) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
  const int version = checked_version(database, migrations);
  require_whole(path);
  use_write_ahead_log(database);
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA foreign_keys = ON");
  add_content_hash(database);
  if (std::cmp_less(version, migrations.size())) migrate(database, migrations);
  return database;
}

SQLite::Database open_for_reading(const std::string& path, Migrations migrations) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  const int version = checked_version(database, migrations);
  require_whole(path);
  if (version == 0) throw Error("empty database, expected runs written by qbench");
  if (std::cmp_equal(version, migrations.size())) return database;
  SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup(copy, database).executeStep();
  add_content_hash(copy);
  migrate(copy, migrations);
  return copy;
}

bool is_current(SQLite::Database& database, Migrations migrations) {
  return std::cmp_equal(checked_version(database, migrations), migrations.size());
}

void close_written(SQLite::Database& database) {
  try {
    database.setBusyTimeout(0);
    database.exec("PRAGMA journal_mode = DELETE");
  } catch (const SQLite::Exception&) {
    // Another process still has the file open and will do it, or the disk is full: the log stays,
    // and what was committed with it.
  }
}

Error database_error(const std::string& path, const SQLite::Exception& error) {
  const auto say = [&](std::string_view what, ErrorKind kind) {
    return Error(fmt::format("{}: {} ({})", path, what, error.what()), kind);
  };
  switch (error.getErrorCode()) {
    case SQLITE_NOTADB:
      return say("not a database, expected one written by qbench", ErrorKind::bad_input);
    case SQLITE_CORRUPT:
      return say("damaged or truncated database", ErrorKind::bad_input);
    case SQLITE_CANTOPEN:
      return say("cannot be opened, expected a database in an existing folder",
                 ErrorKind::bad_input);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return say("cannot be written, expected write permission", ErrorKind::bad_input);
    case SQLITE_FULL:
      return say("disk full, nothing of this record was kept", ErrorKind::environment);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(fmt::format("held by another process for over {} s", kBusyTimeoutMs / 1000),
                 ErrorKind::environment);
    default:
      return say("database error", ErrorKind::environment);
  }
}

}  // namespace qbench
