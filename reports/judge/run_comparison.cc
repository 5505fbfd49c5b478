#include "reports/judge/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "reports/judge/multiplicity.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using Scale = ComparedMetric::Scale;
using Standing = CellChange::Standing;

constexpr std::array kMetrics = {
    ComparedMetric{"top1", Scale::points, "top-1 that was lost"},
    ComparedMetric{"top5", Scale::points, "top-5 that was lost"},
    ComparedMetric{"map", Scale::points, "mAP (VOC07) that was lost"},
    ComparedMetric{"flips", Scale::points, "images that only one of the runs got right"},
    ComparedMetric{"agreement", Scale::points, "images with another first guess"},
    ComparedMetric{"latency", Scale::relative, "time of a batch that was added"},
    ComparedMetric{"throughput", Scale::relative, "images per second that were lost"},
    ComparedMetric{"memory", Scale::relative, "peak memory that was added"},
    ComparedMetric{"size", Scale::relative, "size of the parameter file that was added"},
    ComparedMetric{"drift", Scale::relative, "time that all FP32 networks alike take more"},
};

using Key = std::tuple<std::string, std::string, std::string, std::string, std::string, int,
                       std::string, int, int>;

Key key_of(const CaseRecord& r) {
  return {r.model,         r.dataset,         r.backend,    r.precision, r.mode,
          r.calib_batches, r.quantized_dtype, r.batch_size, r.threads};
}

// Each case under its key and which one of that key it is.
std::map<std::pair<Key, int>, std::size_t> by_key(const Run& run) {
  std::map<std::pair<Key, int>, std::size_t> cases;
  std::map<Key, int> seen;
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const Key key = key_of(run.cases[i]);
    cases.emplace(std::pair{key, seen[key]++}, i);
  }
  return cases;
}

Standing standing_of(const CaseRecord& before, const CaseRecord& after) {
  if (before.proves_accuracy())
    return after.proves_accuracy() ? Standing::compared : Standing::broken;
  return after.proves_accuracy() ? Standing::mended : Standing::not_ok;
}

// The cells of both runs, joined.
std::vector<CellChange> join(const Run& before, const Run& after) {
  std::vector<CellChange> cells;
  const auto old_cases = by_key(before);
  const auto new_cases = by_key(after);
  std::vector<const std::pair<const std::pair<Key, int>, std::size_t>*> order;
  for (const auto& each : old_cases) order.push_back(&each);
  std::ranges::sort(order, {}, [](const auto* each) { return each->second; });
  for (const auto* each : order) {
    CellChange& cell = cells.emplace_back();
    cell.before = each->second;
    const auto found = new_cases.find(each->first);
    if (found == new_cases.end()) {
      cell.standing = Standing::missing;
    } else {
      cell.after = found->second;
      cell.standing = standing_of(before.cases[*cell.before], after.cases[*cell.after]);
    }
  }
  for (std::size_t i = 0; i < after.cases.size(); ++i) {
    const bool joined =
        std::ranges::any_of(cells, [i](const CellChange& cell) { return cell.after == i; });
    if (!joined) {
      CellChange& cell = cells.emplace_back();
      cell.standing = Standing::added;
      cell.after = i;
    }
  }
  return cells;
}

MetricChange& add(CellChange& cell, std::string_view metric, std::optional<double> before,
                  std::optional<double> after) {
  return cell.changes.emplace_back(
      MetricChange{.metric = metric, .before = before, .after = after});
}

std::optional<PairedAccuracy> paired(const CaseRecord& before, const CaseRecord& after, int k) {
  const PairedCounts counts = count_pairs(before.predictions, after.predictions, k);
  if (counts.total() == 0) return std::nullopt;
  return PairedAccuracy{counts, drop_interval(counts), mcnemar_p(counts)};
}

void add_accuracy(CellChange& cell, std::string_view metric, const CaseRecord& before,
                  const CaseRecord& after, const std::optional<PairedAccuracy>& change) {
  if (!change) return;
  MetricChange& added = add(cell, metric, before.metric(metric), after.metric(metric));
  added.worse = change->counts.drop();
  if (cell.identical) {
    added.interval = Interval{0, 0};
    return;
  }
  added.interval = change->drop_interval;
  added.p_value = change->p_value;
}

void compare_classifiers(const CaseRecord& before, const CaseRecord& after, CellChange& cell) {
  cell.identical = before.predictions == after.predictions;
  if (before.metric("top1") && after.metric("top1")) cell.top1 = paired(before, after, 1);
  if (before.metric("top5") && after.metric("top5")) cell.top5 = paired(before, after, 5);
  add_accuracy(cell, "top1", before, after, cell.top1);
  add_accuracy(cell, "top5", before, after, cell.top5);
  if (cell.top1)
    add(cell, "flips", std::nullopt, std::nullopt).worse = cell.top1->counts.flip_rate();
  cell.agreement = count_agreement(before.predictions, after.predictions);
  const auto [same, total] = *cell.agreement;
  // Not 1 - rate(), which a decimal bound would miss by a rounding.
  if (total > 0)
    add(cell, "agreement", std::nullopt, std::nullopt).worse =
        static_cast<double>(total - same) / static_cast<double>(total);
}

// Cells that differ in batch size or threads mostly hold the same detections: compared once.
class PrecisionComparer {
 public:
  std::optional<PairedPrecision> compare(const CaseRecord& before, const CaseRecord& after) {
    for (const Known& known : known_) {
      if (known.before->detections == before.detections &&
          known.after->detections == after.detections) {
        return known.precision;
      }
    }
    known_.push_back({&before, &after, compare_precision(before.detections, after.detections)});
    return known_.back().precision;
  }

 private:
  struct Known {
    const CaseRecord* before;
    const CaseRecord* after;
    std::optional<PairedPrecision> precision;
  };
  std::vector<Known> known_;
};

void compare_detectors(const CaseRecord& before, const CaseRecord& after,
                       PrecisionComparer& comparer, CellChange& cell) {
  cell.identical = before.detections == after.detections;
  if (!before.metric("map_voc07") || !after.metric("map_voc07")) return;
  MetricChange& added = add(cell, "map", before.metric("map_voc07"), after.metric("map_voc07"));
  if (cell.identical) {
    added.interval = Interval{0, 0};
    return;
  }
  cell.precision = comparer.compare(before, after);
  if (!cell.precision) {
    added.unknown = "not the same images were scored";
    added.lost = true;
    return;
  }
  added.worse = cell.precision->voc07.value;
  added.interval = cell.precision->voc07.interval;
  added.p_value = p_value_of(cell.precision->voc07);
}

// Whatever `before` has and `after` cannot be set beside it.
void note_lost(CellChange& cell, std::string_view metric, std::optional<double> before,
               const std::string& why) {
  if (!before || cell.find(metric) != nullptr) return;
  MetricChange& lost = add(cell, metric, before, std::nullopt);
  lost.unknown = why;
  lost.lost = true;
}

void compare_accuracy(const CaseRecord& before, const CaseRecord& after,
                      PrecisionComparer& comparer, CellChange& cell) {
  if (before.model_hash != after.model_hash) cell.remarks.emplace_back("other model");
  const bool same_images = before.data_hash == after.data_hash;
  if (!same_images) cell.remarks.emplace_back("other images");
  if (same_images) {
    cell.scored = !before.predictions.empty() && !after.predictions.empty();
    if (cell.scored) compare_classifiers(before, after, cell);
    if (!before.detections.empty() && !after.detections.empty()) {
      cell.scored = true;
      compare_detectors(before, after, comparer, cell);
    }
  }
  const std::string why = same_images ? "was not measured again" : "other images were scored";
  note_lost(cell, "top1", before.metric("top1"), why);
  note_lost(cell, "top5", before.metric("top5"), why);
  note_lost(cell, "map", before.metric("map_voc07"), why);
}

void compare_weight(const CaseRecord& before, const CaseRecord& after, std::string_view metric,
                    std::string_view measured, CellChange& cell) {
  const std::optional<double> a = before.metric(measured);
  const std::optional<double> b = after.metric(measured);
  if (a && b && *a > 0 && std::isfinite(*b)) {
    add(cell, metric, a, b).worse = (*b - *a) / *a;
  } else {
    note_lost(cell, metric, a, "was not measured again");
  }
}

std::string row_of(const CaseRecord& r) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", r.model, r.dataset, r.backend, r.batch_size, r.threads);
}

std::vector<std::optional<double>> medians_of(const CaseRecord& record) {
  if (!record.proves_latency()) return {};
  return process_medians(record.latency_ns, record.latency_counts);
}

TimedCell timed_cell(const CaseRecord& before, const CaseRecord& after) {
  return {.network = before.model,
          .backend = before.backend,
          .row = row_of(before),
          .precision = before.precision,
          .before = medians_of(before),
          .after = medians_of(after)};
}

std::optional<double> typical(const CaseRecord& record) {
  if (!record.proves_latency()) return std::nullopt;
  const auto latency = typical_latency(record.latency_ns, record.latency_counts);
  return latency ? std::optional(latency->value) : std::nullopt;
}

std::optional<double> throughput(const CaseRecord& record) {
  const std::optional<double> latency = typical(record);
  constexpr double kSecond = 1e9;
  return latency ? std::optional(record.batch_size * kSecond / *latency) : std::nullopt;
}

std::string why_no_test(const LatencyChange& change) {
  return change.control == Control::none
             ? "nothing to tell it from a change of the machine: no FP32 beside it, and less than "
               "three other networks"
             : "one process measured it: nothing is known of how processes differ";
}

void add_latency(CellChange& cell, const CaseRecord& before, const CaseRecord& after) {
  if (!cell.latency) {
    const std::string why = after.proves_latency() ? "was not measured again" : after.reason;
    note_lost(cell, "latency", typical(before), why);
    note_lost(cell, "throughput", throughput(before), why);
    return;
  }
  const LatencyChange& change = *cell.latency;
  MetricChange latency{.metric = "latency", .before = typical(before), .after = typical(after)};
  MetricChange images{
      .metric = "throughput", .before = throughput(before), .after = throughput(after)};
  const Estimate& ratio = change.corrected ? *change.corrected : change.measured;
  latency.worse = ratio.value - 1;
  images.worse = 1 - 1 / ratio.value;
  if (ratio.interval) {
    latency.interval = Interval{ratio.interval->low - 1, ratio.interval->high - 1};
    images.interval = Interval{1 - 1 / ratio.interval->low, 1 - 1 / ratio.interval->high};
  }
  latency.p_value = images.p_value = change.p_value;
  if (change.beside_others) {
    latency.beside_others = *change.beside_others - 1;
    images.beside_others = 1 - 1 / *change.beside_others;
  }
  if (!change.p_value) latency.unknown = images.unknown = why_no_test(change);
  cell.changes.push_back(std::move(latency));
  cell.changes.push_back(std::move(images));
}

void compare_latencies(RunComparison& comparison) {
  std::vector<TimedCell> timed;
  std::vector<CellChange*> cells;
  for (CellChange& cell : comparison.cells) {
    if (cell.standing != Standing::compared) continue;
    cells.push_back(&cell);
    timed.push_back(
        timed_cell(comparison.before.cases[*cell.before], comparison.after.cases[*cell.after]));
  }
  const auto changes = latency_changes(timed);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i]->latency = changes[i];
    add_latency(*cells[i], comparison.before.cases[*cells[i]->before],
                comparison.after.cases[*cells[i]->after]);
  }
  comparison.drift = machine_drift(timed);
}

// Cells that batch size and threads alone tell apart ask the same question of the same answers: one
// test, however often it is written down.
using Question = std::tuple<std::string, std::string, std::string, std::string, double, double>;

Question question_of(const RunComparison& comparison, const CellChange& cell,
                     const MetricChange& change) {
  const CaseRecord& r = comparison.record(cell);
  const bool of_setting = change.metric == "latency" || change.metric == "throughput";
  return {r.model,      r.dataset,      r.backend, of_setting ? cell.name : cell.variant,
          change.worse, *change.p_value};
}

// Holm's procedure over the cells. A p-value of 1 (no image differs) can never be an alarm and does
// not count as a test (Tarone 1990, Biometrics 46:515).
void adjust(RunComparison& comparison, std::string_view metric) {
  std::map<Question, std::vector<MetricChange*>> tests;
  for (CellChange& cell : comparison.cells) {
    for (MetricChange& change : cell.changes) {
      if (change.metric != metric || !change.p_value) continue;
      if (*change.p_value >= 1) {
        change.adjusted = 1;
        continue;
      }
      tests[question_of(comparison, cell, change)].push_back(&change);
    }
  }
  std::vector<double> p;
  for (const auto& [question, changes] : tests) p.push_back(*changes.front()->p_value);
  const std::vector<double> adjusted = holm(p);
  std::size_t i = 0;
  for (const auto& [question, changes] : tests) {
    for (MetricChange* change : changes) change->adjusted = adjusted[i];
    ++i;
  }
}

std::vector<RunComparison::Difference> differences(const Environment& before,
                                                   const Environment& after) {
  std::vector<RunComparison::Difference> found;
  const auto note = [&](const std::string& name) {
    const bool known = std::ranges::any_of(found, [&](const auto& d) { return d.name == name; });
    if (name == "load" || known || before.find(name) == after.find(name)) return;
    found.push_back({name, std::string(before.find(name)), std::string(after.find(name))});
  };
  for (const auto& [name, value] : before.values) note(name);
  for (const auto& [name, value] : after.values) note(name);
  return found;
}

// Cells that were not asked for this time.
void leave_out(RunComparison& comparison, const std::string& narrowed_by) {
  const auto left_out = std::erase_if(
      comparison.cells, [](const CellChange& cell) { return cell.standing == Standing::missing; });
  if (left_out == 0) return;
  comparison.notices.push_back(
      fmt::format("{} of the earlier run left out by {}",
                  text::plural(static_cast<std::int64_t>(left_out), "cell"), narrowed_by));
}

void note_unfinished(const Run& run, RunComparison& comparison) {
  if (run.info.finished.empty())
    comparison.notices.push_back(fmt::format("run {} was not finished", run.info.id));
}

}  // namespace

std::span<const ComparedMetric> compared_metrics() { return kMetrics; }

const MetricChange* CellChange::find(std::string_view metric) const {
  const auto found = std::ranges::find(changes, metric, &MetricChange::metric);
  return found == changes.end() ? nullptr : &*found;
}

RunComparison compare_runs(Run before, Run after, const CompareOptions& options) {
  RunComparison comparison{.before = std::move(before), .after = std::move(after)};
  comparison.cells = join(comparison.before, comparison.after);
  comparison.environment =
      differences(comparison.before.info.environment, comparison.after.info.environment);
  if (!options.narrowed_by.empty()) leave_out(comparison, options.narrowed_by);
  note_unfinished(comparison.before, comparison);
  note_unfinished(comparison.after, comparison);
  if (options.machine_before != options.machine_after && !options.any_machine) {
    comparison.latency_refused = fmt::format("measured on another machine ({}; {})",
                                             options.machine_before, options.machine_after);
  }
  PrecisionComparer comparer;
  for (CellChange& cell : comparison.cells) {
    cell.name = text::describe(comparison.record(cell));
    cell.variant = describe_variant(comparison.record(cell));
    if (cell.standing != Standing::compared) continue;
    const CaseRecord& a = comparison.before.cases[*cell.before];
    const CaseRecord& b = comparison.after.cases[*cell.after];
    compare_accuracy(a, b, comparer, cell);
    compare_weight(a, b, "memory", "peak_rss", cell);
    compare_weight(a, b, "size", "model_size", cell);
  }
  if (comparison.latency_refused.empty()) compare_latencies(comparison);
  for (const ComparedMetric& metric : kMetrics) adjust(comparison, metric.name);
  return comparison;
}

}  // namespace qbench
