// The command line of `qbench suite`, as it is given and as a run records it.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/baseline.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/suite/suite.h"

namespace qbench {

struct SuiteArguments {
  std::vector<std::string> suite;
  Overrides overrides;
  std::vector<std::string> data_dirs;
  std::string database = "qbench.sqlite";
  std::string work_dir;  // empty: DATABASE.work
  std::string filter;
  bool until_decided = false;
  std::string margin = "0.5pp";  // of until_decided
  bool dry_run = false;
  bool resume = false;
  Baseline baseline;
  ReportFiles reports;
  bool json = false;
  bool quiet = false;

  void read_margin();  // into overrides. Throws Error for what is none
};

void add_suite_options(Options& options, SuiteArguments& arguments);

// Of a command line that a run of a suite recorded. Throws Error when it is another's.
SuiteArguments recorded_arguments(const std::string& command_line);

}  // namespace qbench
