// Views for those who read a database with SQL: pandas, Grafana, a shell.
#pragma once

#include <SQLiteCpp/Database.h>

namespace qbench {

// Makes v_cases, v_accuracy and v_latency, or makes them anew where they are another program's.
// Their columns follow metrics(): no step of the schema, and nothing that a program reads.
void refresh_views(SQLite::Database& database);

}  // namespace qbench
