// The documented accuracy table, and the paired comparison that goes with it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/draw/tables.h"
#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench::text {
namespace {

std::string documented(const Documented& figures) {
  if (figures.top1 && figures.top5) {
    return fmt::format("documented {} / {}", percent(*figures.top1), percent(*figures.top5));
  }
  if (figures.top1) return "documented " + percent(*figures.top1);
  if (figures.map) return fmt::format("documented {:.4f}", *figures.map);
  return {};
}

Entry accuracy_entry(const Report& report, const Cell* cell) {
  if (cell == nullptr) return {.text = std::string(kAbsent), .tone = Tone::muted};
  const CaseRecord& record = report.record(*cell);
  if (!record.proves_accuracy()) {
    return {.text = describe(record.status), .tone = Tone::bad};
  }
  const std::string figures = accuracy_text(record);
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
  return {.text = percent(drop),
          .note = percent(change->drop_interval),
          .tone = tone_of_drop(change->drop_interval),
          .whisker = Whisker{drop, change->drop_interval}};
}

Line change_line(const Network& network, const Cell& cell) {
  const PairedCounts& counts = cell.top1->counts;
  return {
      .entries = {{.text = network.title()},
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
  table.columns.push_back(number(std::string(kFp32Variant), what));
  for (const std::string& variant : report.variants) table.columns.push_back(number(variant, what));
  bool measured = false;
  for (const Network& network : networks(report)) {
    const Row& row = *network.row;
    Line line{.entries = {{.text = network.title()},
                          {.text = row.source},
                          {.text = row.dataset},
                          {.text = row.backend}}};
    line.entries.push_back(accuracy_entry(report, network.find(std::string(kFp32Variant))));
    for (const std::string& variant : report.variants) {
      line.entries.push_back(accuracy_entry(report, network.find(variant)));
    }
    for (const auto& [variant, cell] : network.variants) {
      measured = measured || !accuracy_text(report.record(*cell)).empty();
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
      .title = compared_precisions(report) + " against FP32, image by image",
      .columns = {word("Model"), setting("Data set"), setting("Backend"), word("Network"),
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
      "Drop: accuracy of FP32 less that of the network in the line, in percentage points (above 0: "
      "FP32 is better), with a 95 % interval for paired proportions (Newcombe 1998, method 10).",
      "Lost, gained: images that FP32 alone, the network in the line alone got right (top-1). "
      "Flips: their share of all images, which a small drop may hide. Same top-1: same first "
      "guess, right or wrong.",
      "p: McNemar's test that both are right equally often (exact mid-p up to 100 flips, "
      "chi-squared "
      "with continuity correction above). A large p is no proof that nothing was lost: the "
      "interval "
      "says how much may have been."};
  if (std::string decided = decided_note(report); !decided.empty())
    table.notes.push_back(std::move(decided));
  return table;
}

}  // namespace qbench::text
