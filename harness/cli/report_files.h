// The files a command writes a report to.
#pragma once

#include <string>

#include "harness/cli/options.h"
#include "reports/judge/comparison.h"

namespace qbench {

struct ReportFiles {
  std::string markdown;
  std::string html;
  std::string directory;  // report.EXTENSION in every form there is

  void add_to(Options& options);
  // Throws Error when a file could not be written: better before the run than after it.
  void check() const;
  // Each as OutputFile does. Throws Error naming the file.
  void write(const Report& report) const;
};

}  // namespace qbench
