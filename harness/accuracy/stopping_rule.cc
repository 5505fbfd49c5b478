#include "harness/accuracy/stopping_rule.h"

namespace qbench {

StoppingRule::StoppingRule(double margin, std::size_t fp32, std::size_t contestants)
    : fp32_(fp32), drops_(contestants, SequentialDrop(margin)) {}

bool StoppingRule::all_decided(std::span<const Score* const> so_far) {
  const std::vector<Prediction>& reference = so_far[fp32_]->predictions;
  bool all = true;
  for (std::size_t c = 0; c < drops_.size(); ++c) {
    if (c == fp32_) continue;
    for (std::size_t i = seen_; i < reference.size(); ++i)
      drops_[c].add((reference[i].right(1) ? 1 : 0) - (so_far[c]->predictions[i].right(1) ? 1 : 0));
    all = all && drops_[c].verdict() != Verdict::Word::inconclusive;
  }
  seen_ = reference.size();
  return all;
}

}  // namespace qbench
