// Where time and memory went on a GPU, of every case that ran on one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "reports/draw/tables.h"
#include "reports/text/text.h"

namespace qbench::text {
namespace {

Entry value(const CaseRecord& record, std::string_view metric, std::string (*format)(double)) {
  const auto measured = record.metric(metric);
  if (!measured) return {.text = std::string(kAbsent), .tone = Tone::muted};
  return {.text = format(*measured)};
}

std::string whole(double number) { return count(std::llround(number)); }

bool on_device(const CaseRecord& record) {
  return record.proves_latency() && record.metric("compute").has_value();
}

bool has_clock(const CaseRecord& record) { return record.metric("clock").has_value(); }

Line device_line(const Row& row, const Cell& cell, const CaseRecord& record) {
  return {.entries = {{.text = row.model},
                      {.text = row.backend},
                      {.text = fmt::format("{}", row.batch_size)},
                      {.text = cell.variant},
                      value(record, "to_device", milliseconds),
                      value(record, "compute", milliseconds),
                      value(record, "to_host", milliseconds),
                      value(record, "clock", whole),
                      value(record, "discarded", whole),
                      value(record, "weights_resident", megabytes),
                      value(record, "arena", megabytes),
                      value(record, "scratch", megabytes),
                      value(record, "library", megabytes)}};
}

}  // namespace

Table device_table(const Report& report) {
  Table table{
      .title = "Time and memory on the GPU",
      .columns = {word("Model"), setting("Backend"), setting("Batch"), word("Precision"),
                  number("To the GPU", "ms"), number("Computing", "ms"), number("From it", "ms"),
                  number("Clock", "MHz"), number("Discarded"), number("Weights", "MB"),
                  number("Activations", "MB"), number("Scratch", "MB"), number("Libraries", "MB")}};
  for (const Row& row : report.rows) {
    bool first = true;
    for (const Cell* cell : cells_of(row)) {
      const CaseRecord& record = report.record(*cell);
      if (!on_device(record)) continue;
      table.lines.push_back(device_line(row, *cell, record));
      table.lines.back().starts_group = std::exchange(first, false);
    }
  }
  table.notes = {
      "Medians over the runs of one batch, by the GPU's own clock; latency and speed-up above are "
      "from end to end, copies included.",
      "Memory of the GPU. Scratch: workspace of its libraries while they compute. Libraries: what "
      "they and the kernels take beside. 1 MB = 1,000,000 bytes."};
  if (std::ranges::any_of(report.run.cases, has_clock))
    table.notes.emplace_back(
        "Discarded: runs during which the GPU's clock was reduced. They are not counted, others "
        "took "
        "their place.");
  return table;
}

}  // namespace qbench::text
