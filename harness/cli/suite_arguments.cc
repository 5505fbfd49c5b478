#include "harness/cli/suite_arguments.h"

#include <fmt/format.h>

#include <span>

#include "engine/core/error.h"
#include "harness/cli/shell_words.h"
#include "harness/suite/margin.h"

namespace qbench {
namespace {

void declare_axes(Options& options, Overrides& o) {
  options.section("Cases, in place of the suite's");
  options.add("models", o.models, "NAMES", "models of the suite");
  options.add("precisions", o.precisions, "NAMES", "fp32, tf32, fp16, int8");
  options.add("modes", o.modes, "NAMES", "calibration: none, naive, entropy");
  options.add("batches", o.calib_batches, "numbers of calibration batches");
  options.add("num-calib-batches", o.calib_batches, "the same as --batches");
  options.add("quantized-dtype", o.quantized_dtypes, "TYPES", "auto, int8, uint8");
  options.add("batch-sizes", o.batch_sizes, "images in one run of the network");
  options.add("backends", o.backends, "NAMES", "backends of 'qbench list'");
  options.add("threads", o.threads, "numbers of threads; 0: one for each core");
}

}  // namespace

void add_suite_options(Options& options, SuiteArguments& a) {
  options.positional("SUITE", a.suite, "name of a suite, or path of a YAML file");
  declare_axes(options, a.overrides);
  options.section("Images");
  options.add("data-dir", a.data_dirs, "DIRS",
              "where models and records lie: there or in its folders model, models, data, records; "
              "default: QBENCH_DATA, or the current directory");
  options.add("dataset", a.overrides.dataset, "DATA", "replaces the records of every model");
  options.add("skip", a.overrides.skip, "images left out first, in place of the suite's number");
  options.add("limit", a.overrides.limit, "images scored at most, in place of the suite's number");
  options.add("quick", a.overrides.quick, "few images and few samples, to see that all of it runs");
  options.add("until-decided", a.until_decided,
              "score images in a random order, until it is decided for each network whether it "
              "loses more than the margin of FP32's top-1; detectors see all");
  options.add("margin", a.margin, "DROP", "that margin: points as 0.5pp, or a fraction");
  options.section("Running");
  options.add("filter", a.filter, "REGEX", "only the cases whose name matches");
  options.add("pin", a.overrides.pin, "bind each measured process to cores of its own");
  options.add("dry-run", a.dry_run, "list the cases and stop");
  options.add("resume", a.resume, "go on with an interrupted run; measure nothing twice");
  options.add("database", a.database, "FILE", "where the records go");
  options.add("work-dir", a.work_dir, "DIR",
              "for calibration tables and quantized models; default: DATABASE.work");
  options.section("Judgement");
  a.baseline.add_to(options);
  options.section("Output");
  a.reports.add_to(options);
  options.add("json", a.json, "print the report as JSON");
  options.add("quiet", a.quiet, "no progress");
}

void SuiteArguments::read_margin() {
  if (until_decided) overrides.until_margin = parse_margin(margin);
}

SuiteArguments recorded_arguments(const std::string& command_line) {
  const std::vector<std::string> words = shell_words(command_line);
  SuiteArguments arguments;
  Options options("qbench suite", "");
  add_suite_options(options, arguments);
  const bool is_suite = words.size() > 2 && words[0] == "qbench" && words[1] == "suite";
  if (!is_suite || !options.parse(std::span(words).subspan(2)) || arguments.suite.size() != 1) {
    throw Error(
        fmt::format("its command line is '{}', expected one of qbench suite", command_line));
  }
  arguments.read_margin();
  return arguments;
}

}  // namespace qbench
