// qbench gate: judges a stored run again.
#include <fmt/format.h>

#include "engine/core/error.h"
#include "harness/cli/commands.h"
#include "harness/cli/judge_run.h"
#include "harness/cli/options.h"
#include "harness/cli/run_reference.h"
#include "harness/cli/suite_arguments.h"
#include "harness/cli/terminal.h"
#include "reports/draw/exporters.h"
#include "reports/judge/gate_summary.h"

namespace qbench {
namespace {

struct Arguments {
  std::vector<std::string> run;
  std::string suite;
  std::string database = "qbench.sqlite";
  bool json = false;
};

SuiteArguments recorded_by(const RunInfo& run, const std::string& name) {
  try {
    return recorded_arguments(run.command_line);
  } catch (const Error& error) {
    throw error.at(name);
  }
}

// The suite's gates, for a run that left out what its command line says.
Suite suite_of(const Arguments& a, const SuiteArguments& recorded) {
  Suite suite;
  if (!a.suite.empty()) {
    suite = load_suite(find_suite(a.suite, suite_directories()));
  } else {
    try {
      suite = load_suite(find_suite(recorded.suite.front(), suite_directories()));
    } catch (const Error& error) {
      throw Error(fmt::format("{}; --suite names another", error.what()), error.kind());
    }
  }
  if (suite.gates.empty()) throw Error("has no gates, expected at least one").at(suite.file);
  note_changes(recorded.overrides, suite);
  if (!recorded.filter.empty()) suite.narrow("--filter");
  return suite;
}

int exit_code(const Report& report) {
  std::size_t judged = 0;
  for (const GateSummary& gate : summarize_gates(report.run.verdicts)) judged += gate.judged;
  if (judged == 0) return kExitUsage;
  return any_failed(report.run.verdicts) ? kExitFailed : kExitOk;
}

}  // namespace

int gate_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options("qbench gate [RUN] [options]",
                  "Judges a run of the database again, by the gates of a suite file as it is now. "
                  "The new verdicts take the place of the old ones. Nothing is measured.");
  options.positional("RUN", a.run, "number of the run, or latest (the default)");
  options.add("suite", a.suite, "NAME|FILE", "whose gates; default: the suite of the run");
  options.add("database", a.database, "FILE", "records of earlier runs");
  options.add("json", a.json, "print the verdicts as JSON");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.run.size() > 1) throw Error(fmt::format("expected one run, found {}", a.run.size()));
  // One that does not exist must not be made.
  const std::int64_t run = resolve_run(Store::open(a.database, Store::Mode::read_only),
                                       a.run.empty() ? "latest" : a.run.front());
  Store store = Store::open(a.database, Store::Mode::create);
  Report report = make_report(store.load_run(run), *open_statistics(a.database));
  const RunInfo& info = report.run.info;
  const std::string name = fmt::format("{}, run {}", a.database, run);
  if (info.finished.empty())
    throw Error("is not finished: 'qbench suite --resume' goes on with it").at(name);
  judge_run(suite_of(a, recorded_by(info, name)), store, report);
  fmt::print(
      streams.out, "{}",
      a.json ? render_verdicts_json(report) : render_verdicts(report, wants_color(streams.out)));
  const int code = exit_code(report);
  if (code == kExitUsage) fmt::print(streams.err, "{}: no gate could be judged\n", name);
  return code;
}

}  // namespace qbench
