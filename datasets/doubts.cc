#include "datasets/doubts.h"

#include <fmt/format.h>

namespace qbench {

void Doubts::add(std::string_view doubt, const std::string& name) {
  if (doubt.empty()) return;
  Found& found = found_[doubt];
  if (found.count++ == 0) found.first = name;
}

std::vector<std::string> Doubts::notices() const {
  std::vector<std::string> notices;
  for (const auto& [doubt, found] : found_) {
    notices.push_back(fmt::format("{} {} {}: first {}", found.count,
                                  found.count == 1 ? "image" : "images", doubt, found.first));
  }
  return notices;
}

}  // namespace qbench
