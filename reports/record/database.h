// Opening an SQLite file that follows a versioned schema.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <span>
#include <string>

#include "engine/core/error.h"

namespace qbench {

// SQL that brings the schema from version i to i+1, at index i. Entries are never changed once
// released, only added.
using Migrations = std::span<const char* const>;

// Opens `path` for reading and writing, made when absent, with its schema at
// migrations.size(). Throws Error when the file is not qbench's or newer than that. In SQL, also
// that of migrations, content_hash(BLOB) is that of blob.h.
SQLite::Database open_for_writing(const std::string& path, Migrations migrations);

// Opens `path` without ever changing it: an older schema is brought up to date in a copy in memory.
SQLite::Database open_for_reading(const std::string& path, Migrations migrations);

// Whether the file is qbench's with its schema at migrations.size(). Throws Error when it is not
// qbench's or newer.
bool is_current(SQLite::Database& database, Migrations migrations);

// Before the last use of a connection that has written: leaves one plain file, which may be copied
// and read anywhere, instead of a file and its log.
void close_written(SQLite::Database& database);

// The exception of the library, in qbench's words.
Error database_error(const std::string& path, const SQLite::Exception& error);

// Runs `body` and puts the file's name before whatever goes wrong.
template <class Body>
auto guarded(const std::string& path, Body&& body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    throw database_error(path, error);
  } catch (const Error& error) {
    throw error.at(path);
  }
}

}  // namespace qbench
