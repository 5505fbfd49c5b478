// Draws a sweep's progress: one live line on a terminal, plain lines elsewhere.
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "harness/measure/measure.h"
#include "harness/run/progress.h"

namespace qbench {

class SweepProgress : public Progress {
 public:
  enum class Style {
    quiet,  // nothing
    plain,  // a line for each new step and each finished case
    live,   // a line for each finished case, and one that is written over
  };

  // `width`: columns of a line, within which all lines stay but for words that are longer.
  SweepProgress(std::FILE* out, Style style, int width = 80, Clock clock = steady_clock_ns);
  ~SweepProgress() override;  // takes the live line away

  void working(std::string_view what, const ProgressMessage& message) override;
  void case_done(const CaseRecord& record, std::string_view name, std::size_t done,
                 std::size_t total) override;
  void note(std::string_view text) override;

 private:
  void print_line(const std::string& text);
  void clear_live();

  // A step that is being worked on; with several devices, several are at once.
  struct Step {
    std::string name;
    std::int64_t start = 0;  // ns
    std::int64_t first = 0;  // what was done when it was first seen
  };
  std::string rate_of(const Step& step, const ProgressMessage& message) const;

  std::FILE* out_;
  const Style style_;
  const std::size_t width_;
  const Clock clock_;
  std::map<std::string, Step, std::less<>> steps_;  // by what is worked on
  bool live_line_ = false;
};

}  // namespace qbench
