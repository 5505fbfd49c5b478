#include "harness/cli/sweep_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/cli/text.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

constexpr double kNanoseconds = 1e9;
constexpr double kNsPerMs = 1e6;
constexpr double kPercent = 100;

std::string outcome(const CaseRecord& record) {
  if (!record.proves_accuracy()) {
    return fmt::format("{}: {}", to_string(record.status), record.reason);
  }
  std::string text;
  if (const auto top1 = record.metric("top1")) {
    text = fmt::format("{:.2f} %", *top1 * kPercent);
  }
  if (!record.proves_latency()) return text + (text.empty() ? "" : ", ") + record.reason;
  if (const auto latency = record.metric("latency_median")) {
    text += fmt::format("{}{:.3f} ms", text.empty() ? "" : ", ", *latency / kNsPerMs);
  }
  return text;
}

std::string duration(double seconds) {
  const auto whole = std::lround(seconds);
  return whole < 60 ? fmt::format("{} s", whole)
                    : fmt::format("{} min {} s", whole / 60, whole % 60);
}

// `name` so that `rest` fits beside it. Networks of a family differ at the end of their names.
std::string name_beside(std::string_view name, std::string_view rest, std::size_t width) {
  constexpr std::size_t kLeastWidth = 20;
  const std::size_t taken = text::display_width(rest);
  return text::fit_end(name, std::max(kLeastWidth, width - std::min(width, taken)));
}

std::string wrapped(const std::string& line, std::size_t width) {
  constexpr std::size_t kIndent = 4;
  return text::display_width(line) <= width ? line : wrap(line, kIndent, 0, width);
}

}  // namespace

SweepProgress::SweepProgress(std::FILE* out, Style style, int width, Clock clock)
    : out_(out),
      style_(style),
      width_(static_cast<std::size_t>(std::max(width, 1))),
      clock_(std::move(clock)) {}

SweepProgress::~SweepProgress() { clear_live(); }

void SweepProgress::clear_live() {
  if (!std::exchange(live_line_, false)) return;
  fmt::print(out_, "\r\033[K");
  std::fflush(out_);
}

void SweepProgress::print_line(const std::string& text) {
  if (style_ == Style::quiet) return;
  clear_live();
  fmt::print(out_, "{}\n", text);
  std::fflush(out_);
}

// ", 143/s, 2 s left"; empty until something can be said.
std::string SweepProgress::rate_of(const Step& step, const ProgressMessage& message) const {
  const double seconds = static_cast<double>(clock_() - step.start) / kNanoseconds;
  const auto done = static_cast<double>(message.done - step.first);
  if (done <= 0 || seconds <= 0) return {};
  const double rate = done / seconds;
  const auto left = static_cast<double>(message.total - message.done);
  return fmt::format(", {:.0f}/s, {} left", rate, duration(left / rate));
}

void SweepProgress::working(std::string_view what, const ProgressMessage& message) {
  if (style_ == Style::quiet) return;
  Step& step = steps_[std::string(what)];
  // What has no total is said once, at its beginning.
  const bool is_new = message.step != step.name || message.total == 0;
  if (is_new) step = {message.step, clock_(), message.done};
  std::string rest = ": " + message.step;
  if (style_ == Style::plain) {
    if (is_new) print_line("  " + name_beside(what, "  " + rest, width_) + rest);
    return;
  }
  if (message.total > 0) {
    rest += fmt::format(" {}/{} images{}", message.done, message.total, rate_of(step, message));
  }
  const std::size_t room = width_ - 1;  // a full line would begin another one
  fmt::print(out_, "\r\033[K{}", text::fit(name_beside(what, rest, room) + rest, room));
  std::fflush(out_);
  live_line_ = true;
}

void SweepProgress::case_done(const CaseRecord& record, std::string_view name, std::size_t done,
                              std::size_t total) {
  steps_.erase(std::string(name));
  const std::string count = fmt::format("[{}/{}] ", done, total);
  const std::string result = "  " + outcome(record);
  // Reasons may be long: they go on below.
  const std::string shown =
      name_beside(name, record.status == Status::ok ? count + result : count, width_);
  print_line(wrapped(count + shown + result, width_));
}

void SweepProgress::note(std::string_view text) { print_line(wrapped(std::string(text), width_)); }

}  // namespace qbench
