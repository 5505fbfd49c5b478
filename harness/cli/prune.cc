// qbench prune: old runs out of a database.
#include "reports/record/prune.h"

#include <fmt/format.h>

#include "engine/core/error.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "reports/text/text.h"

namespace qbench {

int prune_command(std::span<const std::string> arguments, const Streams& streams) {
  std::string database = "qbench.sqlite";
  std::int64_t keep_last = -1;
  PruneRules rules;
  Options options("qbench prune --keep-last N | --before DATE [options]",
                  "Removes runs from a database, what only they used, and the room they took.");
  options.section("Which runs");
  options.add("database", database, "FILE", "records of earlier runs");
  options.add("keep-last", keep_last, "all but so many of each suite, those that began last");
  options.add("before", rules.before, "DATE",
              "those that began before it (UTC): 2026-03-01 or 2026-03-01T12:00:00Z");
  options.add("suite", rules.suite, "NAME", "only runs of this suite");
  options.add("keep-tagged", rules.keep_tagged, "none that has a tag");
  options.add("all", rules.may_empty, "even when no run is left");
  options.add("dry-run", rules.dry_run, "say what would go, and change nothing");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (options.given("keep-last") == options.given("before"))
    throw Error("which runs are to go: expected either --keep-last or --before");
  if (options.given("keep-last")) {
    if (keep_last < 0)
      throw Error(fmt::format("--keep-last: found {}, expected 0 or more", keep_last));
    rules.keep_last = keep_last;
  }
  if (options.given("before")) check_date(rules.before);
  const PruneResult result = prune(database, rules);
  for (const RunInfo& run : result.removed) {
    fmt::print(streams.out, "{} run {}: {}, {}\n", rules.dry_run ? "would remove" : "removed",
               run.id, run.suite, run.started);
  }
  const auto removed = static_cast<std::int64_t>(result.removed.size());
  fmt::print(streams.out, "{}: {} {}removed, {} kept; {} ({} MB) no longer used", database,
             text::plural(removed, "run"), rules.dry_run ? "would be " : "", result.kept,
             text::plural(result.blobs, "blob"),
             text::megabytes(static_cast<double>(result.blob_bytes)));
  if (!rules.dry_run) {
    fmt::print(streams.out, "; file {} MB, was {} MB",
               text::megabytes(static_cast<double>(result.bytes_after)),
               text::megabytes(static_cast<double>(result.bytes_before)));
  }
  fmt::print(streams.out, "\n");
  return kExitOk;
}

}  // namespace qbench
