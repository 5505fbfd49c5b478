// The documented accuracy table, and the paired comparison that goes with it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "reports/tables.h"
#include "reports/text.h"

namespace qbench::text {
namespace {

constexpr const char* kFp32 = "FP32";

// Accuracy as one text, so that top-1 / top-5 and mAP fit the same column; empty when not measured.
std::string accuracy(const CaseRecord& record) {
  if (record.status != Status::ok) return {};
  const auto top1 = record.metric("top1");
  const auto top5 = record.metric("top5");
  if (top1 && top5) return fmt::format("{} / {}", percent(*top1), percent(*top5));
  if (top1) return percent(*top1);
  for (const char* name : {"map_voc07", "map_area"}) {
    if (const auto map = record.metric(name)) return fmt::format("{:.4f} mAP", *map);
  }
  return {};
}

std::string documented(const Documented& figures) {
  if (figures.top1 && figures.top5) {
    return fmt::format("documented {} / {}", percent(*figures.top1), percent(*figures.top5));
  }
  if (figures.top1) return "documented " + percent(*figures.top1);
  if (figures.map) return fmt::format("documented {:.4f}", *figures.map);
  return {};
}

// One network on one backend. Its accuracy should not depend on batch size and threads: rows that
// differ in those only are one line as long as they agree.
struct Network {
  const Row* row = nullptr;
  std::string setting;                          // "batch 1, 2 threads" where rows disagree
  std::map<std::string, const Cell*> variants;  // by Cell::variant

  const Cell* find(const std::string& variant) const {
    const auto found = variants.find(variant);
    return found == variants.end() ? nullptr : found->second;
  }
};

bool agree(const Report& report, const Cell& a, const Cell& b) {
  const std::string left = accuracy(report.record(a));
  const std::string right = accuracy(report.record(b));
  if (left.empty() || right.empty()) return true;
  return left == right && (!a.top1 || !b.top1 || a.top1 == b.top1);
}

// How much a cell has to say about accuracy.
int weight(const Report& report, const Cell& cell) {
  if (accuracy(report.record(cell)).empty()) return 0;
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
  if (row.fp32) take(*row.fp32);
  for (const Cell& cell : row.int8) take(cell);
  return agreed;
}

bool same_network(const Row& a, const Row& b) {
  return a.model == b.model && a.source == b.source && a.dataset == b.dataset &&
         a.backend == b.backend;
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

std::string title_of(const Network& network) {
  return network.setting.empty() ? network.row->model
                                 : fmt::format("{} ({})", network.row->model, network.setting);
}

Entry accuracy_entry(const Report& report, const Cell* cell) {
  if (cell == nullptr) return {.text = std::string(kAbsent), .tone = Tone::muted};
  const CaseRecord& record = report.record(*cell);
  if (record.status != Status::ok) {
    return {.text = describe(record.status), .tone = Tone::bad};
  }
  const std::string figures = accuracy(record);
  if (figures.empty()) return {.text = std::string(kAbsent), .tone = Tone::muted};
  return {.text = figures, .note = documented(record.documented)};
}

// What the accuracy columns hold in this report.
std::string measure(const Report& report) {
  const auto any = [&](std::string_view metric) {
    return std::any_of(report.run.cases.begin(), report.run.cases.end(),
                       [&](const CaseRecord& record) { return record.metric(metric).has_value(); });
  };
  const bool detects = any("map_voc07") || any("map_area");
  if (!any("top1")) return detects ? "mAP" : "accuracy";
  const std::string top = any("top5") ? "top-1 / top-5" : "top-1";
  return detects ? top + " or mAP" : top;
}

// "Images scored: 590." or, where networks differ, "Images scored: 590 (a), 1,000 (b)."
std::string images_note(const Report& report) {
  std::vector<std::pair<std::string, std::int64_t>> images;
  std::set<std::int64_t> different;
  for (const CaseRecord& record : report.run.cases) {
    const auto scored = record.metric("images");
    if (!scored) continue;
    std::pair<std::string, std::int64_t> seen(record.model, static_cast<std::int64_t>(*scored));
    if (std::find(images.begin(), images.end(), seen) != images.end()) continue;
    different.insert(seen.second);
    images.push_back(std::move(seen));
  }
  if (images.empty()) return {};
  if (different.size() == 1) return fmt::format("Images scored: {}.", count(*different.begin()));
  std::string text;
  for (const auto& [model, scored] : images) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", count(scored), model);
  }
  return fmt::format("Images scored: {}.", text);
}

Entry drop_entry(const std::optional<PairedAccuracy>& change) {
  if (!change) return {.text = std::string(kAbsent), .tone = Tone::muted};
  const double drop = change->counts.drop();
  Tone tone = Tone::plain;
  if (change->drop_interval.low > 0) tone = Tone::bad;
  if (change->drop_interval.high < 0) tone = Tone::good;
  return {.text = percent(drop),
          .note = percent(change->drop_interval),
          .tone = tone,
          .whisker = Whisker{drop, change->drop_interval}};
}

Line change_line(const Network& network, const Cell& cell) {
  const PairedCounts& counts = cell.top1->counts;
  return {
      .entries = {{.text = title_of(network)},
                  {.text = network.row->dataset},
                  {.text = network.row->backend},
                  {.text = cell.variant},
                  {.text = count(counts.total())},
                  drop_entry(cell.top1),
                  drop_entry(cell.top5),
                  {.text = count(counts.only_first)},
                  {.text = count(counts.only_second)},
                  {.text = percent(counts.flip_rate())},
                  {.text = cell.agreement ? percent(cell.agreement->rate()) : std::string(kAbsent)},
                  {.text = p_value(cell.top1->p_value)}}};
}

}  // namespace

Table accuracy_table(const Report& report) {
  Table table{.title = "Accuracy",
              .columns = {word("Model"), word("Source"), word("Data set"), setting("Backend")}};
  const std::string what = measure(report);
  table.columns.push_back(number(kFp32, what));
  for (const std::string& variant : report.variants) {
    table.columns.push_back(number("INT8 " + variant, what));
  }
  bool measured = false;
  for (const Network& network : networks(report)) {
    const Row& row = *network.row;
    Line line{.entries = {{.text = title_of(network)},
                          {.text = row.source},
                          {.text = row.dataset},
                          {.text = row.backend}}};
    line.entries.push_back(accuracy_entry(report, network.find(kFp32)));
    for (const std::string& variant : report.variants) {
      line.entries.push_back(accuracy_entry(report, network.find(variant)));
    }
    for (const auto& [variant, cell] : network.variants) {
      measured = measured || weight(report, *cell) > 0;
    }
    line.starts_group = true;
    table.lines.push_back(std::move(line));
  }
  if (!measured) table.lines.clear();
  const std::string images = images_note(report);
  if (!images.empty()) table.notes.push_back(images);
  if (what.starts_with("top")) {
    table.notes.emplace_back(
        "Top-1 and top-5: per cent of the images whose label is the first guess, or among the "
        "first "
        "five.");
  }
  return table;
}

Table change_table(const Report& report) {
  Table table{
      .title = "INT8 against FP32, image by image",
      .columns = {word("Model"), setting("Data set"), setting("Backend"), word("INT8"),
                  setting("Images"), number("Top-1 drop", "points"), number("Top-5 drop", "points"),
                  number("Lost", "images"), number("Gained", "images"), number("Flips", "%"),
                  number("Same top-1", "%"), number("p")}};
  for (const Network& network : networks(report)) {
    bool first = true;
    for (const std::string& variant : report.variants) {
      const Cell* cell = network.find(variant);
      if (cell == nullptr || !cell->top1) continue;
      table.lines.push_back(change_line(network, *cell));
      table.lines.back().starts_group = first;
      first = false;
    }
  }
  table.notes = {
      "Both networks saw the same images in the same engine, the FP32 one with its layers fused.",
      "Drop: accuracy of FP32 less that of INT8 in percentage points (above 0: INT8 is worse), "
      "with "
      "a 95 % interval for paired proportions (Newcombe 1998, method 10).",
      "Lost, gained: images that FP32 alone, INT8 alone got right (top-1). Flips: their share of "
      "all "
      "images, which a small drop may hide. Same top-1: same first guess, right or wrong.",
      "p: McNemar's test that both are right equally often (exact mid-p up to 100 flips, "
      "chi-squared "
      "with continuity correction above). A large p is no proof that nothing was lost: the "
      "interval "
      "says how much may have been."};
  return table;
}

}  // namespace qbench::text
