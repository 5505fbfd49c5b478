#include "reports/judge/gate_margin.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/judge/margin.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

const std::optional<PairedAccuracy>& paired(const Gate& gate, const Cell& cell) {
  return gate.metric == "top5" ? cell.top5 : cell.top1;
}

bool is_precision(const Gate& gate) { return gate.metric.starts_with("map_"); }

bool was_measured(const Gate& gate, const Cell& cell) {
  return is_precision(gate) ? cell.precision.has_value() : paired(gate, cell).has_value();
}

bool same_network(const CaseRecord& a, const CaseRecord& b) {
  return a.model == b.model && a.model_source == b.model_source && a.dataset == b.dataset &&
         a.backend == b.backend && a.precision == b.precision && a.mode == b.mode &&
         a.calib_batches == b.calib_batches && a.quantized_dtype == b.quantized_dtype;
}

bool same_comparison(const Gate& gate, const MarginCase& a, const MarginCase& b) {
  if (!same_network(*a.record, *b.record)) return false;
  if (!is_precision(gate)) return paired(gate, *a.cell)->counts == paired(gate, *b.cell)->counts;
  return a.fp32->detections == b.fp32->detections && a.record->detections == b.record->detections;
}

// Resampled often enough that Holm's smallest tail holds some ten draws.
constexpr std::size_t kLeastDraws = 1000;
constexpr std::size_t kDrawsPerComparison = 400;

DropEvidence evidence_of(const Gate& gate, const MarginCase& c, std::size_t comparisons) {
  if (!is_precision(gate) && c.record->decided_margin) {
    return sequential_drop(c.fp32->predictions, c.record->predictions,
                           gate.metric == "top5" ? 5 : 1, *c.record->decided_margin);
  }
  if (!is_precision(gate)) return paired(gate, *c.cell)->counts;
  const auto draws = static_cast<int>(std::max(kLeastDraws, kDrawsPerComparison * comparisons));
  // The images are the same: cells without are not measured.
  return draw_drops(c.fp32->detections, c.record->detections, gate.metric, {.resamples = draws})
      .value();
}

void fill(const Gate& gate, double drop, const MarginDecision& decision, Verdict& verdict) {
  verdict.word = decision.word;
  verdict.value = drop;
  verdict.interval = decision.interval;
  verdict.reason =
      fmt::format("drop {:.4g}, {:.4g} % interval [{:.4g}, {:.4g}]", drop,
                  100 * decision.confidence, decision.interval.low, decision.interval.high);
  if (decision.word == Verdict::Word::inconclusive) {
    verdict.images_needed = decision.images_needed;
    verdict.reason += decision.images_needed
                          ? fmt::format("; needs about {} images, if the drop stays what it is",
                                        text::about(*decision.images_needed))
                          : "; too close to the margin for any number of images";
  }
  verdict.failed = decision.word != Verdict::Word::ok &&
                   !(decision.word == Verdict::Word::inconclusive && gate.allow_inconclusive);
}

}  // namespace

void judge_margin(const Gate& gate, std::span<const MarginCase> cases) {
  std::vector<std::vector<const MarginCase*>> comparisons;
  for (const MarginCase& c : cases) {
    if (!was_measured(gate, *c.cell)) {
      c.verdict->failed = true;
      c.verdict->reason = "was not measured on the images of its FP32 case";
      continue;
    }
    const auto same = std::ranges::find_if(comparisons, [&](const auto& comparison) {
      return same_comparison(gate, *comparison.front(), c);
    });
    if (same == comparisons.end()) {
      comparisons.push_back({&c});
    } else {
      same->push_back(&c);
    }
  }
  std::vector<DropEvidence> evidence;
  for (const auto& comparison : comparisons)
    evidence.push_back(evidence_of(gate, *comparison.front(), comparisons.size()));
  const std::vector<MarginDecision> decisions = judge_margin(evidence, gate.bound);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    for (const MarginCase* c : comparisons[i])
      fill(gate, drop_of(evidence[i]), decisions[i], *c->verdict);
  }
}

}  // namespace qbench
