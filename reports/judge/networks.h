// The rows of a report gathered by network, for the tables in which batch size and threads say
// nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/comparison.h"

namespace qbench::text {

inline constexpr std::string_view kFp32Variant = "FP32";

// One network on one backend. Its accuracy should not depend on batch size and threads: rows that
// differ in those only are one network as long as they agree.
struct Network {
  const Row* row = nullptr;
  std::string setting;                          // "batch 1, 2 threads" where rows disagree
  std::map<std::string, const Cell*> variants;  // by Cell::variant

  const Cell* find(const std::string& variant) const;  // nullptr when there is none
  std::string title() const;
};

std::vector<Network> networks(const Report& report);

// Accuracy as one text, so that top-1 / top-5 and mAP fit the same column; empty when not measured.
std::string accuracy_text(const CaseRecord& record);

}  // namespace qbench::text
