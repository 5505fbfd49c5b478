// The tables of a qbench database.
#pragma once

#include "reports/record/database.h"

namespace qbench {

Migrations schema_migrations();

// open_for_writing and open_for_reading with this schema, views included when it writes.
SQLite::Database open_runs_for_writing(const std::string& path);
SQLite::Database open_runs_for_reading(const std::string& path);

}  // namespace qbench
