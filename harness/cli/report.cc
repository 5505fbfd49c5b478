// qbench report: a run of the database as Markdown, HTML, JSON or CSV.

#include <fmt/format.h>

#include "engine/core/error.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/cli/terminal.h"
#include "reports/draw/exporters.h"
#include "reports/record/store.h"

namespace qbench {
namespace {

struct Arguments {
  std::string database = "qbench.sqlite";
  std::int64_t run = 0;
  std::string suite;
  std::string format;
  bool list = false;
  bool json = false;
  ReportFiles files;
};

void print_runs(const Store& store, std::FILE* out) {
  for (const RunInfo& run : store.list_runs()) {
    fmt::print(out, "{:>4}  {}  {:<12} {}\n", run.id, run.started, run.suite,
               run.finished.empty() ? "not finished" : "finished " + run.finished);
  }
}

std::int64_t chosen_run(const Arguments& a, const Store& store) {
  if (a.run > 0) return a.run;
  const std::optional<std::int64_t> latest = store.latest_run(a.suite);
  if (latest) return *latest;
  throw Error(a.database +
              (a.suite.empty() ? ": holds no run" : ": holds no run of suite '" + a.suite + "'"));
}

}  // namespace

int report_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options(
      "qbench report [options]",
      "Shows a run that the database holds: on the terminal, or in a form to keep or to paste.");
  options.section("Which run");
  options.add("database", a.database, "FILE", "records of earlier runs");
  options.add("run", a.run, "number of the run; 0: the latest");
  options.add("suite", a.suite, "NAME", "the latest run of this suite");
  options.add("list", a.list, "list the runs and stop");
  options.section("Output");
  options.add("format", a.format, "NAME", "print it as markdown, html, json or csv");
  options.add("json", a.json, "the same as --format json");
  a.files.add_to(options);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.json) a.format = "json";
  a.files.check();
  const Exporter* const exporter = a.format.empty() ? nullptr : &find_exporter(a.format);

  const Store store = Store::open(a.database, Store::Mode::read_only);
  if (a.list) {
    print_runs(store, streams.out);
    return kExitOk;
  }
  const Report report =
      make_report(store.load_run(chosen_run(a, store)), *open_statistics(a.database));
  a.files.write(report);
  if (exporter != nullptr) {
    fmt::print(streams.out, "{}", exporter->render(report));
  } else if (!options.given("markdown") && !options.given("html") && !options.given("report-dir")) {
    fmt::print(streams.out, "{}",
               render_terminal(report, terminal_width(streams.out), wants_color(streams.out)));
  }
  return kExitOk;
}

}  // namespace qbench
