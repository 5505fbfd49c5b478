// Latency, throughput, memory and size of every case that was timed.
#include <fmt/format.h>

#include <algorithm>

#include "reports/draw/tables.h"
#include "reports/text/text.h"

namespace qbench::text {
namespace {

Entry absent() { return {.text = std::string(kAbsent), .tone = Tone::muted}; }

Entry value(const CaseRecord& record, std::string_view metric, std::string (*format)(double)) {
  const auto measured = record.metric(metric);
  return measured ? Entry{.text = format(*measured)} : absent();
}

std::optional<Estimate> latency_of(const CaseRecord& record) {
  if (record.latency_ns.empty()) return std::nullopt;
  return typical_latency(record.latency_ns, record.latency_counts);
}

// `longest` is the bar of full length: the slowest case of the row.
Entry median_entry(const CaseRecord& record, double longest) {
  const std::optional<Estimate> latency = latency_of(record);
  if (!latency) return value(record, "latency_median", milliseconds);
  const auto& [typical, interval] = *latency;
  Entry entry{.text = milliseconds(typical), .bar = longest > 0 ? typical / longest : 0};
  if (interval)
    entry.note = fmt::format("[{}, {}]", milliseconds(interval->low), milliseconds(interval->high));
  return entry;
}

Entry percentile_entry(const CaseRecord& record, double q) {
  if (record.latency_ns.size() < samples_for_percentile(q)) return absent();
  return {.text = milliseconds(percentile(record.latency_ns, q))};
}

Entry speedup_entry(const std::optional<Estimate>& speedup) {
  if (!speedup) return absent();
  Entry entry{.text = times(speedup->value)};
  if (!speedup->interval) return entry;
  const auto [low, high] = *speedup->interval;
  entry.note = fmt::format("[{:.2f}, {:.2f}]", low, high);
  if (low > 1) entry.tone = Tone::good;
  if (high < 1) entry.tone = Tone::bad;
  return entry;
}

// The measured columns of one case.
std::vector<Entry> measurements(const CaseRecord& record, const Cell& cell, double longest) {
  if (!record.proves_latency()) {
    std::vector<Entry> entries(8, absent());
    entries.front() = {.text = describe(record.status), .tone = Tone::bad};
    return entries;
  }
  return {median_entry(record, longest),
          percentile_entry(record, 0.90),
          percentile_entry(record, 0.99),
          value(record, "images_per_second", rate),
          speedup_entry(cell.speedup),
          value(record, "peak_rss", megabytes),
          value(record, "model_size", megabytes),
          value(record, "calibration_seconds",
                [](double seconds) { return fmt::format("{:.1f}", seconds); })};
}

bool timed(const CaseRecord& record) {
  return !record.latency_ns.empty() || record.metric("latency_median").has_value();
}

}  // namespace

Table speed_table(const Report& report) {
  Table table{.title = "Speed and size",
              .columns = {word("Model"), setting("Backend"), setting("Batch"), setting("Threads"),
                          word("Precision"), number("Median", "ms"), number("p90", "ms"),
                          number("p99", "ms"), number("Images/s"), number("Speed-up"),
                          number("Peak memory", "MB"), number("Parameters", "MB"),
                          number("Calibration", "s")}};
  bool any = false;
  for (const Row& row : report.rows) {
    const std::vector<const Cell*> cells = cells_of(row);
    double longest = 0;
    for (const Cell* cell : cells) {
      if (const auto latency = latency_of(report.record(*cell)))
        longest = std::max(longest, latency->value);
    }
    for (const Cell* cell : cells) {
      const CaseRecord& record = report.record(*cell);
      Line line{.entries = {{.text = row.model},
                            {.text = row.backend},
                            {.text = fmt::format("{}", row.batch_size)},
                            {.text = fmt::format("{}", row.threads)},
                            {.text = cell->variant}},
                .starts_group = cell == cells.front()};
      for (Entry& entry : measurements(record, *cell, longest)) {
        line.entries.push_back(std::move(entry));
      }
      table.lines.push_back(std::move(line));
      any = any || timed(record);
    }
  }
  if (!any) table.lines.clear();
  table.notes = {
      "Latency: time of one batch, each case alone in fresh processes, those of a network in "
      "turns; "
      "the geometric mean of the processes' medians, with the 95 % interval that these give "
      "(Student, of logarithms). A percentile is shown only where there are enough samples for it "
      "(64 for p90, 662 for p99). No interval: one process.",
      "Speed-up: latency of FP32 over that of the network in the line, same engine, batch size and "
      "threads, FP32 with its layers fused; geometric mean over the rounds, each the ratio of two "
      "neighbouring processes, with its 95 % interval.",
      "Peak memory: of the whole process. Parameters: as saved in a file. 1 MB = 1,000,000 bytes."};
  return table;
}

}  // namespace qbench::text
