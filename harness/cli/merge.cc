// qbench merge: runs of several databases in one.
#include "reports/record/merge.h"

#include <fmt/format.h>

#include "engine/core/error.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "reports/text/text.h"

namespace qbench {

int merge_command(std::span<const std::string> arguments, const Streams& streams) {
  std::vector<std::string> sources;
  std::string target;
  Options options("qbench merge FILE... --database FILE",
                  "Adds the runs of databases to another, which is made when absent. Runs that are "
                  "there already are not added again; sources are left as they are.");
  options.positional("FILE", sources, "databases whose runs are added");
  options.add("database", target, "FILE", "where they go");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (sources.empty()) throw Error("no database to merge, expected one or more files");
  if (target.empty()) throw Error("--database is missing, expected the file to merge into");
  const MergeResult result = merge_runs(sources, target);
  for (const MergeCounts& counts : result.sources) {
    fmt::print(streams.out, "{}: {} added{}{}\n", counts.source, text::plural(counts.added, "run"),
               counts.completed > 0 ? fmt::format(", {} completed", counts.completed) : "",
               counts.known > 0 ? fmt::format(", {} there already", counts.known) : "");
  }
  for (const std::string& notice : result.notices) fmt::print(streams.err, "warning: {}\n", notice);
  return kExitOk;
}

}  // namespace qbench
