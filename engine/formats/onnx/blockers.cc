#include "engine/formats/onnx/blockers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace qbench::onnx {
namespace {

// Reasons may hold names and numbers of any length.
constexpr std::size_t kLongestReason = 200;

std::string without_numbers(const std::string& text) {
  std::string result;
  std::ranges::copy_if(text, std::back_inserter(result), [](unsigned char letter) {
    return std::isdigit(letter) == 0 && letter != ',' && letter != '-' && letter != '.';
  });
  return result;
}

std::string shortened(const std::string& text) {
  return text.size() <= kLongestReason ? text : text.substr(0, kLongestReason) + "...";
}

}  // namespace

void Blockers::add(const std::string& op, const std::string& place, const Error& error) {
  if (error.kind() == ErrorKind::bad_input) severest_ = ErrorKind::bad_input;
  const std::string reason = error.what();
  const std::string key = (op.empty() ? place : op) + ": " + without_numbers(reason);
  const auto same = std::ranges::find(groups_, key, &Group::key);
  if (same != groups_.end()) {
    ++same->count;
  } else {
    groups_.push_back({op, place, reason, key});
  }
}

std::string Blockers::line(const Group& group) const {
  if (group.op.empty()) return fmt::format("{}: {}", group.first, shortened(group.reason));
  const auto behind = left_out_.find(group.op);
  return fmt::format("{}: {} node{} ({}{}){}: {}", shortened(group.op), group.count,
                     group.count == 1 ? "" : "s",
                     group.count == 1 ? "" : "first: ", shortened(group.first),
                     behind == left_out_.end() ? "" : fmt::format(", {} unchecked", behind->second),
                     shortened(group.reason));
}

std::string Blockers::unchecked() const {
  std::size_t nodes = 0;
  for (const auto& [op, count] : left_out_) nodes += count;
  if (nodes == 0) return "";
  return fmt::format("\n  {} more node{} could not be checked, reading what {} would deliver",
                     nodes, nodes == 1 ? "" : "s", groups_.size() == 1 ? "it" : "these");
}

void Blockers::raise() const {
  constexpr std::size_t kMostLines = 8;
  const Group& only = groups_.front();
  const bool is_alone = groups_.size() == 1 && only.count == 1 && !left_out_.contains(only.op);
  if (is_alone) {
    const std::string place = shortened(only.first);
    throw Error(only.reason + unchecked(), severest_)
        .at(only.op.empty() ? place : fmt::format("{} ({})", place, shortened(only.op)));
  }
  std::string text = "cannot be imported:";
  std::string others;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (i < kMostLines) {
      text += "\n  " + line(groups_[i]);
    } else if (others.size() < kLongestReason) {
      others += (others.empty() ? "" : ", ") + (groups_[i].op.empty() ? "an input" : groups_[i].op);
    }
  }
  if (groups_.size() > kMostLines) {
    text +=
        fmt::format("\n  and {} kinds more: {}", groups_.size() - kMostLines, shortened(others));
  }
  throw Error(text + unchecked(), severest_);
}

}  // namespace qbench::onnx
