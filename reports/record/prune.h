// Removing old runs, and what only they used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

// Which runs go. One of the first two is given.
struct PruneRules {
  std::optional<std::int64_t> keep_last{};  // all but so many of each suite, those that began last
  std::string before{};                     // those that began before this, as a record has it
  std::string suite{};                      // runs of this suite alone; empty: of all
  bool keep_tagged = false;                 // but none that has a row in table tags
  bool may_empty = false;                   // allows to remove every run there is
  bool dry_run = false;                     // changes nothing
};

struct PruneResult {
  std::vector<RunInfo> removed;  // oldest first, without environment
  std::int64_t kept = 0;         // runs
  std::int64_t blobs = 0;        // that nothing refers to any more
  std::int64_t blob_bytes = 0;
  std::int64_t bytes_before = 0;  // of the file
  std::int64_t bytes_after = 0;   // the same when nothing was changed
};

// Removes the runs, the blobs and statistics that no other run uses, and the room they took in the
// file. Throws Error naming the file; what was removed then is either all or nothing, only the room
// may be left.
PruneResult prune(const std::string& path, const PruneRules& rules);

// "2026-03-01" or "2026-03-01T12:00:00Z". Throws Error for anything else.
void check_date(const std::string& text);

}  // namespace qbench
