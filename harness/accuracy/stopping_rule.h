// When enough images were scored to know which networks lost more than a margin of FP32's top-1.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "harness/accuracy/accuracy.h"
#include "reports/judge/sequential.h"

namespace qbench {

class StoppingRule {
 public:
  // `fp32` of `contestants` classifiers is what all others are compared with.
  StoppingRule(double margin, std::size_t fp32, std::size_t contestants);

  // Takes the predictions that are new since the last call.
  bool all_decided(std::span<const Score* const> so_far);
  Verdict::Word verdict(std::size_t contestant) const { return drops_[contestant].verdict(); }

 private:
  std::size_t fp32_;
  std::size_t seen_ = 0;  // images
  std::vector<SequentialDrop> drops_;
};

}  // namespace qbench
