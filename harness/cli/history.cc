// qbench history: a metric over the runs of a suite.
#include "reports/draw/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/core/output_file.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal.h"
#include "harness/run/environment.h"
#include "reports/record/store.h"

namespace qbench {
namespace {

struct Arguments {
  std::vector<std::string> metric;
  std::string database = "qbench.sqlite";
  std::string suite;
  std::vector<std::string> models;
  std::vector<std::string> precisions;
  std::vector<std::string> modes;
  int last = 1;
  bool any_machine = false;
  bool json = false;
  std::string markdown;
};

void declare(Options& options, Arguments& a) {
  options.positional("METRIC", a.metric,
                     "latency (default), throughput, top1, top5, map, memory or size");
  options.section("Which runs and cells");
  options.add("database", a.database, "FILE", "records of earlier runs");
  options.add("suite", a.suite, "NAME", "runs of this suite; default: that of the latest run");
  options.add("any-machine", a.any_machine, "times of other machines than the latest run's, too");
  options.add("models", a.models, "NAMES", "only these networks");
  options.add("precisions", a.precisions, "NAMES", "only these: fp32, tf32, fp16, int8");
  options.add("modes", a.modes, "NAMES", "only these: none, naive, entropy");
  options.section("Judgement");
  options.add("last", a.last,
              "a step is reported when it is found now and was not without the newest N runs");
  options.section("Output");
  options.add("json", a.json, "print every figure as JSON");
  options.add("markdown", a.markdown, "FILE", "write the table as Markdown");
}

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::count(names, name) > 0;
}

// Finished runs of the suite, oldest first, and what was left out of them.
struct Chosen {
  std::string suite;
  std::vector<RunInfo> runs;
  std::vector<std::string> notices;
};

Chosen choose(const Arguments& a, const std::string& metric, const Store& store) {
  std::vector<RunInfo> runs = store.list_runs();
  std::erase_if(runs, [](const RunInfo& run) { return run.finished.empty(); });
  if (runs.empty()) throw Error(a.database + ": holds no finished run");
  Chosen chosen{.suite = a.suite.empty() ? runs.back().suite : a.suite, .runs = {}, .notices = {}};
  std::vector<std::string_view> suites;
  for (const RunInfo& run : runs) suites.emplace_back(run.suite);
  if (std::ranges::count(suites, chosen.suite) == 0) {
    const std::string_view nearest = nearest_name(chosen.suite, suites);
    throw Error(fmt::format("{}: holds no finished run of suite '{}'{}", a.database, chosen.suite,
                            nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest)));
  }
  std::erase_if(runs, [&chosen](const RunInfo& run) { return run.suite != chosen.suite; });
  const std::size_t all = runs.size();
  const std::string machine = machine_of(runs.back().environment);
  if (!a.any_machine && (metric == "latency" || metric == "throughput")) {
    std::erase_if(
        runs, [&machine](const RunInfo& run) { return machine_of(run.environment) != machine; });
  }
  if (runs.size() < all)
    chosen.notices.push_back(
        fmt::format("{} of {} runs are of another machine than the latest ({}) and left out",
                    all - runs.size(), all, machine));
  chosen.runs = std::move(runs);
  return chosen;
}

void keep_wanted(const Arguments& a, History& history) {
  std::erase_if(history.series, [&a](const HistorySeries& series) {
    return !series.is_drift &&
           !(wanted(a.models, series.cell.model) && wanted(a.precisions, series.cell.precision) &&
             wanted(a.modes, series.cell.mode));
  });
  const auto is_cell = [](const HistorySeries& series) { return !series.is_drift; };
  if (std::ranges::any_of(history.series, is_cell)) return;
  throw Error(fmt::format("{}: no cell of those asked for has a {}", a.database, history.metric));
}

}  // namespace

int history_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options(
      "qbench history [METRIC] [options]",
      "A metric of every cell over the runs of a suite, and where it stepped to another "
      "level. Exit code 1 where a step to the worse came to light.");
  declare(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.metric.size() > 1)
    throw Error(fmt::format("expected one metric, found {}", a.metric.size()));
  if (a.last < 1) throw Error(fmt::format("--last {}, expected 1 or more", a.last));
  const std::string metric = a.metric.empty() ? "latency" : a.metric.front();
  HistoryBuilder builder(metric);
  if (!a.markdown.empty()) check_output(a.markdown);
  const Store store = Store::open(a.database, Store::Mode::read_only);
  const Chosen chosen = choose(a, metric, store);
  for (const RunInfo& run : chosen.runs) builder.add(store.load_run(run.id));
  History history = builder.finish(a.last);
  keep_wanted(a, history);
  const std::string title = fmt::format("{} of suite {} in {}", metric, chosen.suite, a.database);
  if (!a.markdown.empty())
    write_output(a.markdown, history_markdown(history, title, chosen.notices));
  fmt::print(streams.out, "{}",
             a.json ? history_json(history, title, chosen.notices)
                    : history_terminal(history, title, chosen.notices, terminal_width(streams.out),
                                       wants_color(streams.out)));
  return has_fresh_alarm(history) ? kExitFailed : kExitOk;
}

}  // namespace qbench
