#include "reports/judge/gate_value.h"

#include <algorithm>

namespace qbench {
namespace {

std::int64_t count_right(const CaseRecord& record, int k) {
  return std::ranges::count_if(record.predictions, [k](const Prediction& p) { return p.right(k); });
}

// How many first guesses a metric is about; 0: none.
int guesses(std::string_view metric) {
  if (metric.ends_with("top1")) return 1;
  return metric.ends_with("top5") ? 5 : 0;
}

// A share whose interval is that of its images.
GateValue share(std::int64_t part, std::int64_t total) {
  return {static_cast<double>(part) / static_cast<double>(total), proportion_interval(part, total)};
}

std::optional<GateValue> recorded(std::string_view metric, const CaseRecord& record) {
  const std::optional<double> value = record.metric(metric);
  if (!value) return std::nullopt;
  return GateValue{*value};
}

}  // namespace

std::optional<GateValue> gate_value(std::string_view metric, const CaseRecord& record,
                                    const Cell& cell) {
  if (metric == "speedup") {
    if (!cell.speedup) return std::nullopt;
    return GateValue{cell.speedup->value, cell.speedup->interval};
  }
  if (metric == "flips") {
    if (!cell.top1) return std::nullopt;
    return share(cell.top1->counts.discordant(), cell.top1->counts.total());
  }
  if (metric == "agreement" && cell.agreement && cell.agreement->total > 0)
    return share(cell.agreement->same, cell.agreement->total);
  const auto images = static_cast<std::int64_t>(record.predictions.size());
  if (metric.starts_with("correct_top")) {
    if (images == 0) return std::nullopt;
    return GateValue{static_cast<double>(count_right(record, guesses(metric)))};
  }
  std::optional<GateValue> value = recorded(metric, record);
  if (value && guesses(metric) > 0 && images > 0)
    value->interval = proportion_interval(count_right(record, guesses(metric)), images);
  return value;
}

std::optional<Interval> gate_drop_interval(std::string_view metric, const Cell& cell) {
  if (metric == "top1" && cell.top1) return cell.top1->drop_interval;
  if (metric == "top5" && cell.top5) return cell.top5->drop_interval;
  if (!cell.precision) return std::nullopt;
  if (metric == "map_voc07") return cell.precision->voc07.interval;
  if (metric == "map_area") return cell.precision->area.interval;
  if (metric == "map_coco") return cell.precision->coco.interval;
  return std::nullopt;
}

}  // namespace qbench
