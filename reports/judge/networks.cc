#include "reports/judge/networks.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/text/text.h"

namespace qbench::text {
namespace {

bool agree(const Report& report, const Cell& a, const Cell& b) {
  const std::string left = accuracy_text(report.record(a));
  const std::string right = accuracy_text(report.record(b));
  if (left.empty() || right.empty()) return true;
  return left == right && (!a.top1 || !b.top1 || a.top1 == b.top1);
}

// How much a cell has to say about accuracy.
int weight(const Report& report, const Cell& cell) {
  if (accuracy_text(report.record(cell)).empty()) return 0;
  return cell.top1 ? 2 : 1;
}

// False when the row contradicts what the network has already.
bool add(const Report& report, const Row& row, Network& network) {
  if (network.row == nullptr) network.row = &row;
  bool agreed = true;
  const auto take = [&](const Cell& cell) {
    const Cell*& slot = network.variants[cell.variant];
    if (slot != nullptr && !agree(report, *slot, cell)) agreed = false;
    if (slot == nullptr || weight(report, cell) > weight(report, *slot)) slot = &cell;
  };
  for (const Cell* cell : cells_of(row)) take(*cell);
  return agreed;
}

bool same_network(const Row& a, const Row& b) {
  return a.model == b.model && a.source == b.source && a.dataset == b.dataset &&
         a.backend == b.backend;
}

}  // namespace

std::string accuracy_text(const CaseRecord& record) {
  if (!record.proves_accuracy()) return {};
  const auto top1 = record.metric("top1");
  const auto top5 = record.metric("top5");
  if (top1 && top5) return fmt::format("{} / {}", percent(*top1), percent(*top5));
  if (top1) return percent(*top1);
  for (const char* name : {"map_voc07", "map_area"}) {
    if (const auto map = record.metric(name)) return fmt::format("{:.4f}", *map);
  }
  return {};
}

std::vector<Network> networks(const Report& report) {
  std::vector<std::vector<const Row*>> groups;
  for (const Row& row : report.rows) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& rows) {
      return same_network(*rows.front(), row);
    });
    if (group == groups.end()) {
      groups.push_back({&row});
    } else {
      group->push_back(&row);
    }
  }
  std::vector<Network> result;
  for (const auto& rows : groups) {
    Network whole;
    bool agreed = true;
    for (const Row* row : rows) agreed = add(report, *row, whole) && agreed;
    if (agreed) {
      result.push_back(whole);
      continue;
    }
    for (const Row* row : rows) {
      Network part;
      add(report, *row, part);
      part.setting = fmt::format("batch {}, {}", row->batch_size, plural(row->threads, "thread"));
      result.push_back(part);
    }
  }
  return result;
}

const Cell* Network::find(const std::string& variant) const {
  const auto found = variants.find(variant);
  return found == variants.end() ? nullptr : found->second;
}

std::string Network::title() const {
  return setting.empty() ? row->model : fmt::format("{} ({})", row->model, setting);
}

}  // namespace qbench::text
