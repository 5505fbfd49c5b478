#include "harness/cli/judge_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "reports/judge/documented.h"
#include "reports/judge/gates.h"

namespace qbench {
namespace {

// In UTC, as all times that are recorded.
std::string today() {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace

void judge_run(const Suite& suite, Store& store, Report& report) {
  const Circumstances circumstances{
      .other_images = suite.other_images, .narrowed_by = suite.narrowed_by, .today = today()};
  std::vector<Verdict> verdicts = judge(suite.gates, report, circumstances);
  std::ranges::move(documented_verdicts(report), std::back_inserter(verdicts));
  store.put_verdicts(report.run.info.id, verdicts);
  report.run.verdicts = std::move(verdicts);
}

bool any_failed(std::span<const Verdict> verdicts) {
  return std::ranges::any_of(verdicts, &Verdict::failed);
}

}  // namespace qbench
