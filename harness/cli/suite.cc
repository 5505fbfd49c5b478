// qbench suite: a suite file becomes cases, each case a record, and the records a report.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/datasets.h"
#include "engine/calibration/observers.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "harness/cli/commands.h"
#include "harness/cli/judge_run.h"
#include "harness/cli/options.h"
#include "harness/cli/shell_words.h"
#include "harness/cli/suite_arguments.h"
#include "harness/cli/sweep_progress.h"
#include "harness/cli/terminal.h"
#include "harness/cli/text.h"
#include "harness/measure/turn.h"
#include "harness/model/model.h"
#include "harness/run/environment.h"
#include "harness/run/sweep.h"
#include "harness/run/version.h"
#include "harness/suite/margin.h"
#include "harness/suite/plan.h"
#include "reports/draw/exporters.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> split_path(const char* text) {
  std::vector<std::string> directories;
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) directories.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

std::vector<std::string> data_directories(const SuiteArguments& a) {
  if (!a.data_dirs.empty()) return a.data_dirs;
  const char* variable = std::getenv("QBENCH_DATA");
  if (variable != nullptr && *variable != '\0') return split_path(variable);
  return {"."};
}

// The part of the command line that every case has in common.
std::string common_command(const SuiteArguments& a) {
  std::string text = "qbench suite " + shell_quoted(a.suite.front());
  for (const std::string& directory : a.data_dirs) {
    text += " --data-dir " + shell_quoted(directory);
  }
  const Overrides& o = a.overrides;
  if (!o.dataset.empty()) text += " --dataset " + shell_quoted(o.dataset);
  if (o.skip >= 0) text += fmt::format(" --skip {}", o.skip);
  if (o.limit >= 0) text += fmt::format(" --limit {}", o.limit);
  if (a.until_decided) text += " --until-decided --margin " + shell_quoted(a.margin);
  if (o.pin) text += " --pin";
  if (o.quick) text += " --quick";
  return text;
}

std::string command_line(std::span<const std::string> arguments) {
  std::string text = "qbench suite";
  for (const std::string& argument : arguments) text += " " + shell_quoted(argument);
  return text;
}

PlanContext plan_context(const SuiteArguments& a, const std::string& suite_file,
                         const Environment& environment) {
  PlanContext context;
  context.backends = known_backends();
  context.modes = {"none"};
  for (const CalibrationMode& mode : calibration_modes()) context.modes.emplace_back(mode.name);
  context.cores = usable_cores();
  context.machine = machine_of(environment);
  context.program = program_text();
  context.command = common_command(a);
  std::vector<std::string> directories = data_directories(a);
  const std::string beside = std::filesystem::path(suite_file).parent_path().string();
  directories.insert(directories.begin(), beside.empty() ? "." : beside);
  directories.emplace_back(".");  // paths on the command line
  context.find_file = [directories](const std::string& name) {
    return find_file(name, directories);
  };
  context.hash_file = hash_with_data;
  context.look_at_data = [](const std::string& data, const OpenOptions& options) {
    const std::unique_ptr<Dataset> dataset = open_dataset(data, options);
    return DataFacts{dataset->size(), dataset->content_hash(), dataset->lies_by_class()};
  };
  return context;
}

int print_cases(const Plan& plan, bool json, std::FILE* out) {
  Json list = Json::array();
  for (const Group& group : plan.groups) {
    for (const Case& made : group.cases) {
      const bool runs = made.status == Status::ok;
      list.push_back({{"name", made.name},
                      {"id", made.id},
                      {"status", runs ? "planned" : to_string(made.status)},
                      {"reason", made.reason},
                      {"reproduce", made.reproduce}});
      if (json) continue;
      fmt::print(out, "{}{}\n", made.name,
                 runs ? "" : fmt::format("  ({}: {})", to_string(made.status), made.reason));
    }
  }
  if (json) fmt::print(out, "{}\n", json_text(list, 2));
  return kExitOk;
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// With `resume`, the latest run of the suite if this program was cut off on this machine.
std::int64_t open_run(Store& store, const RunInfo& info, bool resume) {
  if (const auto latest = resume ? store.latest_run(info.suite) : std::nullopt) {
    const std::vector<RunInfo> runs = store.list_runs();
    const auto found = std::ranges::find(runs, *latest, &RunInfo::id);
    if (found != runs.end() && found->finished.empty() &&
        machine_of(found->environment) == machine_of(info.environment) &&
        program_of(found->environment) == program_of(info.environment)) {
      return *latest;
    }
  }
  return store.begin_run(info);
}

Launcher worker_launcher(const Suite& suite, Interrupt& interrupt) {
  const std::size_t limit = static_cast<std::size_t>(suite.memory_limit_mb) << 20;
  return [limit, &interrupt](const std::string& job, double timeout_seconds,
                             const std::function<void(std::string_view)>& on_line) {
    return launch({.command = {"/proc/self/exe", "worker"},
                   .input = job,
                   .timeout_seconds = timeout_seconds,
                   .memory_limit_bytes = limit,
                   .on_line = on_line,
                   .interrupt = &interrupt});
  };
}

SweepProgress::Style progress_style(const SuiteArguments& a, const Streams& streams) {
  if (a.quiet) return SweepProgress::Style::quiet;
  return is_terminal(streams.err) ? SweepProgress::Style::live : SweepProgress::Style::plain;
}

int exit_code(const Run& run) {
  std::size_t idle = 0;
  for (const CaseRecord& record : run.cases) {
    const bool not_run = record.status == Status::skipped || record.status == Status::unsupported;
    if (not_run) ++idle;
    if (!not_run && record.status != Status::ok) return kExitFailed;
  }
  if (idle == run.cases.size()) return kExitUsage;
  return any_failed(run.verdicts) ? kExitFailed : kExitOk;
}

int report(const SuiteArguments& a, const Suite& suite, Store& store, std::int64_t run,
           const Streams& streams) {
  Report made = make_report(store.load_run(run), *open_statistics(a.database));
  judge_run(suite, store, made);
  if (a.json) {
    fmt::print(streams.out, "{}", find_exporter("json").render(made));
    fmt::print(streams.err, "{}", render_verdicts(made, wants_color(streams.err)));
  } else {
    fmt::print(streams.out, "{}",
               render_terminal(made, terminal_width(streams.out), wants_color(streams.out)));
  }
  a.reports.write(made);
  return exit_code(made.run);
}

Plan plan_suite(const SuiteArguments& a, const Environment& environment) {
  const std::string file = find_suite(a.suite.front(), suite_directories());
  Suite suite = load_suite(file);
  apply(a.overrides, suite);
  Plan plan = make_plan(suite, plan_context(a, file, environment));
  if (!a.filter.empty()) filter(plan, a.filter);
  return plan;
}

std::string missing_text(const SuiteArguments& a, const Plan& plan) {
  return fmt::format(
      "missing files: {}\nlooked for in {} and their folders model, models, data, "
      "records; --data-dir or QBENCH_DATA say where else",
      fmt::join(plan.missing, ", "), fmt::join(data_directories(a), ", "));
}

int run_plan(const SuiteArguments& a, const Plan& plan, const RunInfo& info,
             const Streams& streams) {
  Store store = Store::open(a.database, Store::Mode::create);
  const std::int64_t run = open_run(store, info, a.resume);
  bool interrupted = false;
  {
    Interrupt interrupt;
    SweepProgress progress(streams.err, progress_style(a, streams), terminal_width(streams.err));
    for (const std::string& warning : measuring_warnings(info.environment)) {
      progress.note("warning: " + warning);
    }
    const SweepOptions options{.work_dir = a.work_dir,
                               .resume = a.resume,
                               .decode_threads = usable_cores(),
                               .launch = worker_launcher(plan.suite, interrupt),
                               .turn_file = measuring_turn_file(),
                               .interrupted = [&interrupt] { return interrupt.raised(); },
                               .now = utc_now};
    interrupted = sweep(plan, store, run, options, progress).interrupted;
  }
  if (interrupted) {
    fmt::print(streams.err, "interrupted; finished cases are in {}, --resume goes on\n",
               a.database);
    return kExitInterrupted;
  }
  store.finish_run(run, utc_now());
  return report(a, plan.suite, store, run, streams);
}

}  // namespace

int suite_command(std::span<const std::string> arguments, const Streams& streams) {
  SuiteArguments a;
  Options options(
      "qbench suite NAME|FILE [options]",
      "Runs a suite: for each model FP32 and every way to quantize it, first accuracy on "
      "the same images, then latency and memory of each case in a process of its own.");
  add_suite_options(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.suite.size() != 1) {
    throw Error(fmt::format("expected one suite, found {}; there are: {}", a.suite.size(),
                            fmt::join(list_suites(suite_directories()), ", ")));
  }
  if (a.work_dir.empty()) a.work_dir = a.database + ".work";
  if (options.given("margin") && !a.until_decided)
    throw Error("--margin belongs to --until-decided");
  if (a.until_decided) a.overrides.until_margin = parse_margin(a.margin);
  a.reports.check();
  const Environment environment = collect_environment();
  const Plan plan = plan_suite(a, environment);
  const bool nothing_runs = std::ranges::all_of(
      plan.groups, [](const Group& group) { return group.status == Status::skipped; });
  if (nothing_runs) a.database = ":memory:";  // what was documented is shown, nothing is kept
  if (!plan.missing.empty()) fmt::print(streams.err, "{}\n", wrap(missing_text(a, plan), 2));
  if (a.dry_run) return print_cases(plan, a.json, streams.out);
  const RunInfo info{.suite = plan.suite.name,
                     .command_line = command_line(arguments),
                     .started = utc_now(),
                     .finished = "",
                     .environment = environment};
  return run_plan(a, plan, info, streams);
}

}  // namespace qbench
