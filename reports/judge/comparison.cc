// Arranging the cases of a run in rows, and comparing them.
#include "reports/judge/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "reports/judge/kept_statistics.h"
#include "reports/judge/sequential.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

constexpr std::array<std::string_view, 4> kPrecisions = {"fp32", "tf32", "fp16", "int8"};
constexpr std::array<std::string_view, 3> kModes = {"none", "naive", "entropy"};

// Sorts variants: known precisions and modes first, in the order they are documented, then by
// calibration batches.
using VariantKey = std::tuple<std::ptrdiff_t, std::ptrdiff_t, std::string, int, std::string>;

VariantKey variant_key(const CaseRecord& record, const std::string& variant) {
  const auto place = [](const auto& known, const std::string& name) {
    return std::find(known.begin(), known.end(), name) - known.begin();
  };
  return {place(kPrecisions, record.precision), place(kModes, record.mode), record.mode,
          record.calib_batches, variant};
}

std::string describe_variant(const CaseRecord& record) {
  std::string text = text::upper(record.precision);
  if (!record.mode.empty()) text += " " + record.mode;
  if (record.calib_batches > 0) {
    text += fmt::format(", {} {}", record.calib_batches,
                        record.calib_batches == 1 ? "batch" : "batches");
  }
  if (!record.quantized_dtype.empty() && record.quantized_dtype != "auto") {
    text += ", " + record.quantized_dtype;
  }
  return text;
}

bool has_variant(const Row& row, const std::string& variant) {
  const std::vector<const Cell*> cells = cells_of(row);
  return std::any_of(cells.begin(), cells.end(),
                     [&](const Cell* cell) { return cell->variant == variant; });
}

// Finds the row of a case among many.
class RowIndex {
 public:
  explicit RowIndex(std::vector<Row>& rows) : rows_(rows) {}

  Row& row_for(const CaseRecord& record) {
    const auto [found, is_new] =
        places_.try_emplace({record.model, record.model_source, record.dataset, record.backend,
                             record.batch_size, record.threads},
                            rows_.size());
    if (is_new) {
      rows_.push_back({.model = record.model,
                       .source = record.model_source,
                       .dataset = record.dataset,
                       .backend = record.backend,
                       .batch_size = record.batch_size,
                       .threads = record.threads});
    }
    return rows_[found->second];
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, int, int>;

  std::vector<Row>& rows_;
  std::map<Key, std::size_t> places_;
};

// A variant that occurs again in its row (an option differs that no column shows) gets a number.
void place(Row& row, std::size_t index, const CaseRecord& record) {
  const std::string variant = describe_variant(record);
  Cell cell{.index = index, .variant = variant};
  if (record.precision == "fp32" && !row.fp32) {
    row.fp32 = cell;
    return;
  }
  for (int again = 2; has_variant(row, cell.variant); ++again) {
    cell.variant = fmt::format("{} ({})", variant, again);
  }
  row.compared.push_back(cell);
}

// Nothing when the two have no image in common.
std::optional<PairedAccuracy> compare_accuracy(const CaseRecord& fp32, const CaseRecord& other,
                                               int k) {
  const PairedCounts counts = count_pairs(fp32.predictions, other.predictions, k);
  if (counts.total() == 0) return std::nullopt;
  if (!other.decided_margin)
    return PairedAccuracy{counts, drop_interval(counts), mcnemar_p(counts)};
  // Who stops when the data look decided needs an interval that allows for it, and has no p-value.
  const SequentialDrop drop =
      sequential_drop(fp32.predictions, other.predictions, k, *other.decided_margin);
  return PairedAccuracy{counts, drop.interval(), std::numeric_limits<double>::quiet_NaN()};
}

bool timed(const CaseRecord& record) {
  return !record.latency_ns.empty() &&
         std::all_of(record.latency_ns.begin(), record.latency_ns.end(),
                     [](double sample) { return sample > 0; });
}

void compare(const CaseRecord& fp32, const CaseRecord& other, StatisticsCache& statistics,
             Cell& cell) {
  if (fp32.proves_accuracy() && other.proves_accuracy() && fp32.data_hash == other.data_hash) {
    if (fp32.metric("top1") && other.metric("top1")) cell.top1 = compare_accuracy(fp32, other, 1);
    if (fp32.metric("top5") && other.metric("top5")) cell.top5 = compare_accuracy(fp32, other, 5);
    if (!fp32.detections.empty())
      cell.precision = compare_precision(fp32.detections, other.detections, statistics);
    if (cell.top1) cell.agreement = count_agreement(fp32.predictions, other.predictions);
  }
  if (fp32.proves_latency() && other.proves_latency() && timed(fp32) && timed(other)) {
    cell.speedup = latency_ratio(process_medians(fp32.latency_ns, fp32.latency_counts),
                                 process_medians(other.latency_ns, other.latency_counts));
  }
}

void bound_published(const CaseRecord& record, StatisticsCache& statistics, Cell& cell) {
  if (record.documented.map && record.proves_accuracy() && record.metric("map_voc07"))
    cell.map_interval = precision_interval(record.detections, statistics);
}

}  // namespace

std::vector<const Cell*> cells_of(const Row& row) {
  std::vector<const Cell*> cells;
  if (row.fp32) cells.push_back(&*row.fp32);
  for (const Cell& cell : row.compared) cells.push_back(&cell);
  return cells;
}

Report make_report(Run run) {
  StatisticsInMemory statistics;
  return make_report(std::move(run), statistics);
}

Report make_report(Run run, StatisticsCache& statistics) {
  Report report{.run = std::move(run)};
  const std::vector<CaseRecord>& cases = report.run.cases;
  RowIndex index(report.rows);
  for (std::size_t i = 0; i < cases.size(); ++i) place(index.row_for(cases[i]), i, cases[i]);
  std::vector<VariantKey> keys;
  const auto key = [&](const Cell& cell) { return variant_key(cases[cell.index], cell.variant); };
  for (Row& row : report.rows) {
    if (row.fp32) bound_published(cases[row.fp32->index], statistics, *row.fp32);
    std::stable_sort(row.compared.begin(), row.compared.end(),
                     [&](const Cell& a, const Cell& b) { return key(a) < key(b); });
    for (Cell& cell : row.compared) {
      if (row.fp32) compare(cases[row.fp32->index], cases[cell.index], statistics, cell);
      bound_published(cases[cell.index], statistics, cell);
      keys.push_back(key(cell));
    }
  }
  std::sort(keys.begin(), keys.end());
  for (const VariantKey& each : keys) {
    const std::string& variant = std::get<4>(each);
    if (report.variants.empty() || report.variants.back() != variant) {
      report.variants.push_back(variant);
    }
  }
  return report;
}

}  // namespace qbench
