// Gathering a history, and its series of accuracy and size.
#include "reports/judge/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "reports/judge/change_points.h"
#include "reports/judge/comparison.h"
#include "reports/judge/multiplicity.h"
#include "reports/judge/statistics.h"
#include "reports/record/latency.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kLeastOthers = 3;  // networks, for a median that one of them does not decide
constexpr std::size_t kSamePlace = 5;    // points that a step moves by as more runs come in
constexpr int kPermutations = 1999;      // at least
constexpr int kMostPermutations = 100000;

constexpr std::array kMetrics = {
    HistoryMetric{"latency", "latency_median"},
    HistoryMetric{"throughput", "images_per_second"},
    HistoryMetric{"top1", "top1"},
    HistoryMetric{"top5", "top5"},
    HistoryMetric{"map", "map_voc07"},
    HistoryMetric{"memory", "peak_rss"},
    HistoryMetric{"size", "model_size"},
};

const HistoryMetric& find_metric(std::string_view name) {
  std::vector<std::string_view> names;
  for (const HistoryMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
    names.push_back(metric.name);
  }
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("history of '{}'{}, expected one of {}", name,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
                          fmt::join(names, ", ")));
}

bool is_time(std::string_view metric) { return metric == "latency" || metric == "throughput"; }
bool is_accuracy(std::string_view metric) { return metric.starts_with("top") || metric == "map"; }

bool same_row(const CaseRecord& a, const CaseRecord& b) {
  return a.model == b.model && a.dataset == b.dataset && a.backend == b.backend &&
         a.batch_size == b.batch_size && a.threads == b.threads;
}

bool same_cell(const CaseRecord& a, const CaseRecord& b) {
  return same_row(a, b) && a.precision == b.precision && a.mode == b.mode &&
         a.calib_batches == b.calib_batches && a.quantized_dtype == b.quantized_dtype;
}

// Names and settings alone.
CaseRecord identity_of(const CaseRecord& record) {
  CaseRecord identity;
  identity.case_id = record.case_id;
  identity.model = record.model;
  identity.model_source = record.model_source;
  identity.dataset = record.dataset;
  identity.backend = record.backend;
  identity.precision = record.precision;
  identity.mode = record.mode;
  identity.calib_batches = record.calib_batches;
  identity.quantized_dtype = record.quantized_dtype;
  identity.batch_size = record.batch_size;
  identity.threads = record.threads;
  return identity;
}

std::optional<double> value_of(const HistoryMetric& metric, const CaseRecord& record) {
  if (!record.proves_accuracy()) return std::nullopt;
  if (!is_time(metric.name)) return record.metric(metric.measured);
  if (!record.proves_latency()) return std::nullopt;
  const auto latency = typical_latency(record.latency_ns, record.latency_counts);
  return latency ? std::optional(latency->value) : std::nullopt;  // throughput is made of it
}

double median_of(std::span<const HistoryPoint> points) {
  std::vector<double> values;
  for (const HistoryPoint& point : points) values.push_back(point.level);
  return median(values);
}

}  // namespace

std::span<const HistoryMetric> history_metrics() { return kMetrics; }

bool has_fresh_alarm(const History& history) {
  return std::ranges::any_of(history.series, [](const HistorySeries& series) {
    return std::ranges::any_of(series.steps,
                               [](const HistoryStep& step) { return step.alarm && step.fresh; });
  });
}

HistoryBuilder::HistoryBuilder(std::string_view metric) {
  const HistoryMetric& found = find_metric(metric);
  history_.metric = std::string(found.name);
  const MetricValue declared = make_metric(found.measured, 0);
  history_.unit = declared.unit;
  history_.bigger_is_better = declared.bigger_is_better;
}

HistoryBuilder::Tracked& HistoryBuilder::tracked(const CaseRecord& record, int again) {
  for (Tracked& cell : cells_)
    if (same_cell(cell.series.cell, record) && again-- == 0) return cell;
  Tracked& cell = cells_.emplace_back();
  cell.series.cell = identity_of(record);
  cell.series.variant = describe_variant(record);
  return cell;
}

void HistoryBuilder::add(const Run& run) {
  history_.runs.push_back(run.info);
  const HistoryMetric& metric = find_metric(history_.metric);
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const CaseRecord& record = run.cases[i];
    const auto alike = [&record](const CaseRecord& other) { return same_cell(other, record); };
    const auto again =
        std::count_if(run.cases.begin(), run.cases.begin() + static_cast<std::ptrdiff_t>(i), alike);
    Tracked& cell = tracked(record, static_cast<int>(again));
    const std::optional<double> value = value_of(metric, record);
    if (!value || !std::isfinite(*value)) continue;
    if (is_accuracy(metric.name)) add_answers(cell, record);
    add_point(cell, record, *value);
    if (!is_time(metric.name)) continue;
    const auto fp32 = std::ranges::find_if(run.cases, [&](const CaseRecord& other) {
      return other.precision == "fp32" && other.proves_latency() && same_row(other, record);
    });
    const bool has_control = record.precision != "fp32" && fp32 != run.cases.end();
    cell.control.push_back(has_control ? value_of(metric, *fp32).value_or(0) : 0);
  }
}

void HistoryBuilder::add_point(Tracked& cell, const CaseRecord& record, double value) {
  std::vector<HistoryPoint>& points = cell.series.points;
  if (history_.metric == "size" && !points.empty() && points.back().value != value) {
    const double before = points.back().value;
    cell.series.steps.push_back({.first = points.size(),
                                 .before = before,
                                 .after = value,
                                 .worse = before > 0 ? (value - before) / before : 0});
  }
  points.push_back({.run = history_.runs.size() - 1, .value = value, .level = value});
  if (is_accuracy(history_.metric)) cell.newest = record;
}

// A step where the predictions are not those of the run before.
void HistoryBuilder::add_answers(Tracked& cell, const CaseRecord& record) {
  HistorySeries& series = cell.series;
  if (series.points.empty()) return;
  const CaseRecord& before = cell.newest;
  if (before.data_hash != record.data_hash) {
    series.points.clear();
    series.steps.clear();
    series.remarks = {fmt::format("begins with run {}: before, other images were scored",
                                  history_.runs.back().id)};
    return;
  }
  HistoryStep step{.first = series.points.size()};
  if (history_.metric == "map") {
    if (before.detections == record.detections) return;
    const auto pair = compare_precision(before.detections, record.detections);
    if (!pair) return;
    step.worse = pair->voc07.value;
    step.p_value = p_value_of(pair->voc07);
  } else {
    if (before.predictions == record.predictions) return;
    const PairedCounts counts =
        count_pairs(before.predictions, record.predictions, history_.metric == "top1" ? 1 : 5);
    step.worse = counts.drop();
    step.p_value = mcnemar_p(counts);
  }
  const char* measured = find_metric(history_.metric).measured.data();
  step.before = before.metric(measured).value_or(0);
  step.after = record.metric(measured).value_or(0);
  series.steps.push_back(step);
}

// What the machine changed by, taken out of HistoryPoint::level.
void HistoryBuilder::correct(Tracked& cell) const {
  std::vector<HistoryPoint>& points = cell.series.points;
  const auto missing = static_cast<std::size_t>(std::ranges::count(cell.control, 0.0));
  if (missing < points.size()) {  // FP32 is beside it
    if (missing > 0)
      cell.series.remarks.push_back(fmt::format(
          "{} of {} runs left out: FP32 was not timed beside it", missing, points.size()));
    std::vector<HistoryPoint> kept;
    std::vector<double> controls;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (cell.control[i] == 0) continue;
      kept.push_back(points[i]);
      controls.push_back(cell.control[i]);
    }
    const double usual = median(controls);
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i].level *= usual / controls[i];
    points = std::move(kept);
    return;
  }
  std::map<std::size_t, std::map<std::string, std::vector<double>>> others;  // run, network
  for (const Tracked& other : cells_) {
    const CaseRecord& id = other.series.cell;
    if (id.model == cell.series.cell.model || id.backend != cell.series.cell.backend ||
        id.precision != cell.series.cell.precision || other.series.points.empty()) {
      continue;
    }
    std::vector<double> values;
    for (const HistoryPoint& point : other.series.points) values.push_back(point.value);
    const double usual = median(values);
    for (const HistoryPoint& point : other.series.points)
      others[point.run][id.model].push_back(point.value / usual);
  }
  for (const HistoryPoint& point : points) {
    if (others[point.run].size() < kLeastOthers) {
      cell.series.uncorrected = true;
      return;
    }
  }
  for (HistoryPoint& point : points) {
    std::vector<double> changes;
    for (const auto& [network, ratios] : others[point.run])
      changes.insert(changes.end(), ratios.begin(), ratios.end());
    point.level = point.value / median(changes);
  }
}

// What FP32 cells (or all, where there is none) changed by together.
HistorySeries HistoryBuilder::drift() const {
  const auto is_fp32 = [](const Tracked& cell) { return cell.series.cell.precision == "fp32"; };
  const bool any_fp32 = std::ranges::any_of(cells_, is_fp32);
  std::map<std::size_t, std::vector<double>> ratios;
  for (const Tracked& cell : cells_) {
    if ((any_fp32 && !is_fp32(cell)) || cell.series.points.empty()) continue;
    std::vector<double> values;
    for (const HistoryPoint& point : cell.series.points) values.push_back(point.value);
    const double usual = median(values);
    for (const HistoryPoint& point : cell.series.points)
      ratios[point.run].push_back(point.value / usual);
  }
  HistorySeries series;
  series.cell.model = "all networks alike";
  series.variant = "drift";
  series.is_drift = true;
  for (const auto& [run, each] : ratios) {
    const double ratio = median(each);
    series.points.push_back({.run = run, .value = ratio, .level = ratio});
  }
  return series;
}

void HistoryBuilder::find_steps(Tracked& cell, int last, int permutations) const {
  HistorySeries& series = cell.series;
  const std::size_t runs = history_.runs.size();
  const std::size_t old_runs = runs - std::min(runs, static_cast<std::size_t>(std::max(last, 0)));
  if (is_accuracy(history_.metric) || history_.metric == "size") {
    for (HistoryStep& step : series.steps) step.fresh = series.points[step.first].run >= old_runs;
    return;
  }
  std::vector<double> logs;
  for (const HistoryPoint& point : series.points)
    logs.push_back(std::log(std::max(point.level, 1e-300)));
  const auto old = static_cast<std::size_t>(std::ranges::count_if(
      series.points, [old_runs](const HistoryPoint& point) { return point.run < old_runs; }));
  ChangePointOptions options;
  options.permutations = permutations;
  const ChangePoints found = change_points(logs, options);
  cell.p_value = found.p_value;
  if (found.points.empty()) return;
  const ChangePoints known = change_points(std::span(logs).first(old), options);
  const std::span<const HistoryPoint> points(series.points);
  for (std::size_t i = 0; i < found.points.size(); ++i) {
    const std::size_t first = found.points[i].index;
    const std::size_t begin = i == 0 ? 0 : found.points[i - 1].index;
    const std::size_t end = i + 1 < found.points.size() ? found.points[i + 1].index : points.size();
    HistoryStep step{.first = first,
                     .before = median_of(points.subspan(begin, first - begin)),
                     .after = median_of(points.subspan(first, end - first)),
                     .p_value = found.points[i].p_value};
    step.worse = step.after / step.before - 1;
    step.fresh = std::ranges::none_of(known.points, [first](const ChangePoint& point) {
      return std::max(point.index, first) - std::min(point.index, first) <= kSamePlace;
    });
    series.steps.push_back(step);
  }
}

History HistoryBuilder::finish(int last) {
  if (is_time(history_.metric)) {
    HistorySeries machine = drift();
    std::vector<Tracked> corrected = cells_;
    for (Tracked& cell : corrected) correct(cell);
    cells_ = std::move(corrected);
    cells_.push_back({.series = std::move(machine), .newest = {}});
  }
  std::erase_if(cells_, [](const Tracked& cell) { return cell.series.points.empty(); });
  // The smallest p-value must be able to stand out among all cells.
  const int permutations =
      std::clamp(static_cast<int>(40 * cells_.size()), kPermutations, kMostPermutations);
  std::vector<HistoryStep*> steps;
  std::vector<double> p;
  for (Tracked& cell : cells_) {
    find_steps(cell, last, permutations);
    for (HistoryStep& step : cell.series.steps) {
      if (!step.p_value) continue;
      steps.push_back(&step);
      p.push_back(*step.p_value);
    }
  }
  for (const Tracked& cell : cells_)
    if (cell.series.steps.empty() && !is_accuracy(history_.metric)) p.push_back(cell.p_value);
  const std::vector<double> adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i]->adjusted = adjusted[i];
  for (Tracked& cell : cells_) {
    for (HistoryStep& step : cell.series.steps)
      step.alarm = step.worse > 0 && step.adjusted <= kLevel;
    history_.series.push_back(std::move(cell.series));
  }
  cells_.clear();
  if (history_.metric == "throughput") {
    constexpr double kSecond = 1e9;
    for (HistorySeries& series : history_.series) {
      if (series.is_drift) continue;
      const double images = series.cell.batch_size * kSecond;
      for (HistoryPoint& point : series.points) {
        point.value = images / point.value;
        point.level = images / point.level;
      }
      for (HistoryStep& step : series.steps) {
        step.before = images / step.before;
        step.after = images / step.after;
        step.worse = 1 - step.after / step.before;
      }
    }
  }
  return std::move(history_);
}

}  // namespace qbench
