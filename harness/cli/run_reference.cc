#include "harness/cli/run_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/core/error.h"

namespace qbench {

std::int64_t resolve_run(const Store& store, std::string_view text) {
  if (text == "latest") {
    if (const auto latest = store.latest_run()) return *latest;
    throw Error("the database holds no run");
  }
  std::int64_t run = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, run);
  if (failure != std::errc() || rest != end)
    throw Error(
        fmt::format("run '{}', expected a number of 'qbench report --list', or latest", text));
  const std::vector<RunInfo> runs = store.list_runs();
  if (std::ranges::find(runs, run, &RunInfo::id) == runs.end())
    throw Error(fmt::format("no run {} in the database; 'qbench report --list' shows them", run));
  return run;
}

}  // namespace qbench
