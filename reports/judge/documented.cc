#include "reports/judge/documented.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

std::string words(DocumentedVerdict verdict) {
  switch (verdict) {
    case DocumentedVerdict::matches:
      return "matches";
    case DocumentedVerdict::better:
      return "better";
    case DocumentedVerdict::worse:
      return "worse";
    case DocumentedVerdict::inconclusive:
      return "inconclusive";
    case DocumentedVerdict::not_run:
      return "not run";
  }
  return {};
}

Interval interval_of(const Cell& cell, const CaseRecord& record, const std::string& metric,
                     double measured) {
  if (metric.starts_with("map_")) {
    return at_least_unseen(cell.map_interval.value_or(Interval{0, 1}), measured,
                           static_cast<std::int64_t>(record.detections.size()));
  }
  const int k = metric == "top5" ? 5 : 1;
  const auto right =
      std::ranges::count_if(record.predictions, [k](const Prediction& p) { return p.right(k); });
  return proportion_interval(right, static_cast<std::int64_t>(record.predictions.size()));
}

// Intervals shrink with the root of the number of images. The nearer of the two ends counts: all of
// it within the margin, or all of it to one side of the documented figure.
std::int64_t images_needed(const DocumentedFigure& figure, std::int64_t images) {
  const double away = std::fabs(*figure.measured - figure.documented);
  const double room = std::max(kDocumentedMargin - away, away);
  const double half = figure.interval.width() / 2;
  return static_cast<std::int64_t>(
      std::ceil(static_cast<double>(images) * (half / room) * (half / room)));
}

std::string why_not_run(const CaseRecord& record) {
  if (record.proves_accuracy()) return "not run: not scored";
  if (record.status == Status::skipped && record.reason.starts_with("missing"))
    return "not run: file missing";
  return fmt::format("not run: {}", text::describe(record.status));
}

DocumentedFigure figure_of(const Cell& cell, const CaseRecord& record, const std::string& variant,
                           const std::string& metric, double documented) {
  DocumentedFigure figure{
      .record = &record, .variant = variant, .metric = metric, .documented = documented};
  if (record.proves_accuracy()) figure.measured = record.metric(metric);
  if (!figure.measured) {
    figure.text = why_not_run(record);
    return figure;
  }
  figure.interval = interval_of(cell, record, metric, *figure.measured);
  figure.verdict = judge_documented(figure.documented, *figure.measured, figure.interval);
  figure.text = words(figure.verdict);
  const std::size_t images = std::max(record.predictions.size(), record.detections.size());
  if (figure.verdict == DocumentedVerdict::inconclusive && images > 0) {
    figure.images_needed = images_needed(figure, static_cast<std::int64_t>(images));
    figure.text += fmt::format(" (needs about {} images)", text::about(*figure.images_needed));
  }
  return figure;
}

Verdict::Word word_of(DocumentedVerdict verdict) {
  switch (verdict) {
    case DocumentedVerdict::matches:
    case DocumentedVerdict::better:
      return Verdict::Word::ok;
    case DocumentedVerdict::worse:
      return Verdict::Word::worse;
    case DocumentedVerdict::inconclusive:
      return Verdict::Word::inconclusive;
    case DocumentedVerdict::not_run:
      break;
  }
  return Verdict::Word::not_judged;
}

}  // namespace

DocumentedVerdict judge_documented(double documented, double measured, const Interval& interval) {
  const double low = interval.low - documented;
  const double high = interval.high - documented;
  if (low >= -kDocumentedMargin && high <= kDocumentedMargin) return DocumentedVerdict::matches;
  if (low <= 0 && high >= 0) return DocumentedVerdict::inconclusive;
  return measured > documented ? DocumentedVerdict::better : DocumentedVerdict::worse;
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
      const auto add = [&](const char* metric, const std::optional<double>& documented) {
        if (documented) figures.push_back(figure_of(*cell, record, variant, metric, *documented));
      };
      add("top1", record.documented.top1);
      add("top5", record.documented.top5);
      add("map_voc07", record.documented.map);
    }
  }
  return figures;
}

std::vector<Verdict> documented_verdicts(const Report& report) {
  std::vector<Verdict> verdicts;
  for (const DocumentedFigure& figure : documented_figures(report)) {
    Verdict verdict{.rule = fmt::format("{} as documented: {} +- {}", figure.metric,
                                        figure.documented, kDocumentedMargin),
                    .kind = "documented",
                    .place = "",
                    .case_id = figure.record->case_id,
                    .word = word_of(figure.verdict),
                    .value = figure.measured,
                    .bound = figure.documented,
                    .images_needed = figure.images_needed,
                    .reason = figure.text};
    if (figure.measured) verdict.interval = figure.interval;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace qbench
