// How the command line names a run: its number, `latest`, `previous`, a tag, or a database file
// with or without one of these after a colon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/record/record.h"

namespace qbench {

struct RunReference {
  std::string database;
  std::int64_t run = 0;

  bool operator==(const RunReference&) const = default;
};

// The help of options that take one: "number, latest, previous, a tag, or FILE[:RUN]".
inline constexpr const char* kRunReferenceHelp =
    "number, latest, previous, a tag, or FILE.sqlite[:RUN]";

// Finds the run that `text` means; where it names no file, in `database`. `latest` is the newest
// run that was finished (of `suite`, where that is not empty), `previous` the one of the same suite
// before it; FILE alone is FILE:latest. Reads the file and never makes it. Throws Error that says
// which runs and tags there are, and the nearest.
RunReference resolve_run(std::string_view text, const std::string& database,
                         std::string_view suite = {});

// The run with all its records.
Run load(const RunReference& reference);

// "run 7 of nights.sqlite (demo, 2026-11-24T10:00:00Z, release-1.4)".
std::string describe(const RunReference& reference, const RunInfo& info);

}  // namespace qbench
