// The rows of table `verdicts`; the store calls these inside its transactions.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <span>
#include <vector>

#include "reports/record/verdict.h"

namespace qbench {

// In place of those that the run had.
void replace_verdicts(SQLite::Database& database, std::int64_t run,
                      std::span<const Verdict> verdicts);
std::vector<Verdict> load_verdicts(SQLite::Database& database, std::int64_t run);

}  // namespace qbench
