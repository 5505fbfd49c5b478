#include "reports/judge/documented.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

constexpr double kSame = 0.001;        // rounding, another JPEG decoder
constexpr double kResolution = 0.005;  // half-width that is fine enough to call it a match

std::string words(DocumentedVerdict verdict) {
  switch (verdict) {
    case DocumentedVerdict::matches:
      return "matches";
    case DocumentedVerdict::better:
      return "better";
    case DocumentedVerdict::worse:
      return "worse";
    case DocumentedVerdict::inconclusive:
      return "inconclusive (n too small)";
    case DocumentedVerdict::not_run:
      return "not run";
  }
  return {};
}

Interval interval_of(const CaseRecord& record, const std::string& metric) {
  if (metric != "top1") return precision_interval(record.detections);
  const auto right =
      std::ranges::count_if(record.predictions, [](const Prediction& p) { return p.right(1); });
  return proportion_interval(right, static_cast<std::int64_t>(record.predictions.size()));
}

std::string why_not_run(const CaseRecord& record) {
  if (record.proves_accuracy()) return "not run: not scored";
  if (record.status == Status::skipped && record.reason.starts_with("missing"))
    return "not run: file missing";
  return fmt::format("not run: {}", text::describe(record.status));
}

DocumentedFigure figure_of(const CaseRecord& record, const std::string& variant) {
  const bool classifies = record.documented.top1.has_value();
  DocumentedFigure figure{
      .record = &record,
      .variant = variant,
      .metric = classifies ? "top1" : "map_voc07",
      .documented = classifies ? *record.documented.top1 : *record.documented.map};
  if (record.proves_accuracy()) figure.measured = record.metric(figure.metric);
  if (!figure.measured) {
    figure.text = why_not_run(record);
    return figure;
  }
  figure.interval = interval_of(record, figure.metric);
  figure.verdict = judge_documented(figure.documented, *figure.measured, figure.interval);
  figure.text = words(figure.verdict);
  return figure;
}

}  // namespace

DocumentedVerdict judge_documented(double documented, double measured, const Interval& interval) {
  const bool inside = interval.low <= documented && documented <= interval.high;
  if (!inside && std::fabs(measured - documented) > kSame)
    return measured > documented ? DocumentedVerdict::better : DocumentedVerdict::worse;
  return interval.width() <= 2 * kResolution ? DocumentedVerdict::matches
                                             : DocumentedVerdict::inconclusive;
}

std::vector<DocumentedFigure> documented_figures(const Report& report) {
  std::vector<DocumentedFigure> figures;
  for (const text::Network& network : text::networks(report)) {
    std::vector<std::string> variants{std::string(text::kFp32Variant)};
    variants.insert(variants.end(), report.variants.begin(), report.variants.end());
    for (const std::string& variant : variants) {
      const Cell* cell = network.find(variant);
      if (cell == nullptr) continue;
      const CaseRecord& record = report.record(*cell);
      if (record.documented.top1 || record.documented.map)
        figures.push_back(figure_of(record, variant));
    }
  }
  return figures;
}

}  // namespace qbench
