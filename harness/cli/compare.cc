// qbench compare: what changed between two runs.
#include <fmt/format.h>

#include "engine/core/error.h"
#include "engine/core/output_file.h"
#include "harness/cli/commands.h"
#include "harness/cli/compare_runs.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal.h"

namespace qbench {
namespace {

struct Arguments {
  std::vector<std::string> runs;
  std::string database = "qbench.sqlite";
  std::string suite;
  FailOn fail_on;
  bool any_machine = false;
  bool json = false;
  std::string markdown;
};

void declare(Options& options, Arguments& a) {
  options.positional("BEFORE [AFTER]", a.runs,
                     fmt::format("{}; without AFTER: the latest, without both: previous and latest",
                                 kRunReferenceHelp));
  options.section("Which runs");
  options.add("database", a.database, "FILE", "records of earlier runs");
  options.add("suite", a.suite, "NAME", "latest and previous are runs of this suite");
  options.section("Judgement");
  a.fail_on.add_to(options);
  options.add("any-machine", a.any_machine, "compare latencies of different machines, too");
  options.section("Output");
  options.add("json", a.json, "print every figure as JSON");
  options.add("markdown", a.markdown, "FILE", "write the comparison as Markdown");
}

}  // namespace

int compare_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options(
      "qbench compare [BEFORE [AFTER]] [options]",
      "Compares two runs cell by cell: accuracy image by image, latency without what the "
      "machine changed by, memory and size. Exit code 1 where something is worse, "
      "missing or not ok any more; 2 where nothing can be compared.");
  declare(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.runs.size() > 2) throw Error(fmt::format("expected two runs, found {}", a.runs.size()));
  const std::vector<Bound> bounds = a.fail_on.bounds(options.given("fail-on"));
  if (!a.markdown.empty()) check_output(a.markdown);
  const std::string first = a.runs.empty() ? "previous" : a.runs[0];
  const std::string second = a.runs.size() < 2 ? "latest" : a.runs[1];
  const RunReference before = resolve_run(first, a.database, a.suite);
  const RunReference after = resolve_run(second, a.database, a.suite);
  if (before == after)
    throw Error(fmt::format("'{}' and '{}' are both run {} of {}", first, second, before.run,
                            before.database));
  Run first_run = load(before);
  Run second_run = load(after);
  const RunNames names{describe(before, first_run.info), describe(after, second_run.info)};
  CompareOptions how;
  how.any_machine = a.any_machine;
  const RunComparison comparison = compare(std::move(first_run), std::move(second_run), how);
  const FailOnVerdict verdict = judge(comparison, bounds, options.given("fail-on"));
  if (!a.markdown.empty())
    write_output(a.markdown, comparison_markdown(comparison, verdict, names));
  fmt::print(streams.out, "{}",
             a.json ? comparison_json(comparison, verdict, names)
                    : comparison_terminal(comparison, verdict, names, terminal_width(streams.out),
                                          wants_color(streams.out)));
  return exit_code(verdict.verdict);
}

}  // namespace qbench
