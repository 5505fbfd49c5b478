// One line for each case: what it was, every metric, and its comparison with FP32.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "reports/draw/renderers.h"
#include "reports/draw/tables.h"
#include "reports/record/fields.h"
#include "reports/record/metrics.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}

class CsvLine {
 public:
  void add(std::string_view field) {
    line_ += separator_ + text::escape_csv(field);
    separator_ = ",";
  }
  void operator()(std::string_view name, const std::string& value) {
    if (name != "details") add(value);  // JSON in CSV serves nobody
  }
  void operator()(std::string_view, int value) { add(fmt::format("{}", value)); }
  void operator()(std::string_view, Status value) { add(to_string(value)); }
  void operator()(std::string_view, const std::optional<double>& value) {
    add(value ? number(*value) : "");
  }

  std::string take() { return std::move(line_) + "\r\n"; }  // RFC 4180

 private:
  std::string line_;
  std::string separator_;
};

// Name and unit of the declared metrics, then of those that only the database knows.
std::vector<MetricValue> metric_columns(const Report& report) {
  std::vector<MetricValue> columns;
  for (const MetricInfo& info : metrics()) columns.push_back(make_metric(info.name, 0));
  for (const CaseRecord& record : report.run.cases) {
    for (const MetricValue& metric : record.metrics) {
      const bool known =
          std::any_of(columns.begin(), columns.end(),
                      [&](const MetricValue& column) { return column.name == metric.name; });
      if (!known) columns.push_back(metric);
    }
  }
  return columns;
}

void add_accuracy(const std::optional<PairedAccuracy>& change, CsvLine& line) {
  if (!change) {
    for (int i = 0; i < 7; ++i) line.add("");
    return;
  }
  line.add(number(change->counts.drop()));
  line.add(number(change->drop_interval.low));
  line.add(number(change->drop_interval.high));
  line.add(number(change->p_value));
  line.add(fmt::format("{}", change->counts.only_first));
  line.add(fmt::format("{}", change->counts.only_second));
  line.add(number(change->counts.flip_rate()));
}

void add_drop(const std::optional<PairedPrecision::Drop>& drop, CsvLine& line) {
  line.add(drop ? number(drop->value) : "");
  line.add(drop ? number(drop->interval.low) : "");
  line.add(drop ? number(drop->interval.high) : "");
}

void add_comparison(const Cell& cell, CsvLine& line) {
  add_accuracy(cell.top1, line);
  add_accuracy(cell.top5, line);
  for (const auto mean : {&PairedPrecision::voc07, &PairedPrecision::area, &PairedPrecision::coco})
    add_drop(cell.precision ? std::optional(*cell.precision.*mean) : std::nullopt, line);
  const bool known = cell.speedup && cell.speedup->interval;
  line.add(cell.speedup ? number(cell.speedup->value) : "");
  line.add(known ? number(cell.speedup->interval->low) : "");
  line.add(known ? number(cell.speedup->interval->high) : "");
}

std::string header(const std::vector<MetricValue>& columns) {
  CsvLine line;
  const CaseRecord record;
  visit_fields(record, [&](std::string_view name, const auto&) {
    if (name != "details") line.add(name);
  });
  for (const MetricValue& column : columns) line.add(text::metric_key(column.name, column.unit));
  for (const char* k : {"top1", "top5"}) {
    for (const char* what :
         {"drop", "drop_low", "drop_high", "mcnemar_p", "only_fp32", "only_other", "flip_rate"}) {
      line.add(fmt::format("{}_{}", k, what));
    }
  }
  for (const char* mean : {"map_voc07", "map_area", "map_coco"}) {
    for (const char* what : {"drop", "drop_low", "drop_high"})
      line.add(fmt::format("{}_{}", mean, what));
  }
  for (const char* what : {"speedup", "speedup_low", "speedup_high", "warnings"}) line.add(what);
  return line.take();
}

std::string case_line(const Report& report, const Cell& cell,
                      const std::vector<MetricValue>& columns) {
  const CaseRecord& record = report.record(cell);
  CsvLine line;
  visit_fields(record, line);
  for (const MetricValue& column : columns) line("", record.metric(column.name));
  add_comparison(cell, line);
  line.add(fmt::format("{}", fmt::join(text::warnings(record), "; ")));
  return line.take();
}

}  // namespace

std::string render_csv(const Report& report) {
  const std::vector<MetricValue> columns = metric_columns(report);
  std::string csv = header(columns);
  for (const Row& row : report.rows) {
    for (const Cell* cell : cells_of(row)) csv += case_line(report, *cell, columns);
  }
  return csv;
}

}  // namespace qbench
