// Detectors: mean average precision of FP32 and the others, and average precision of each class.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reports/draw/tables.h"
#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench::text {
namespace {

using nlohmann::json;

bool detects(const CaseRecord& record) { return !record.detections.empty(); }

Entry figure(const CaseRecord& record, std::string_view metric) {
  const auto value = record.metric(metric);
  if (!value) return {.text = std::string(kAbsent), .tone = Tone::muted};
  return {.text = fmt::format("{:.4f}", *value)};
}

Entry drop_entry(const std::optional<PairedPrecision>& precision,
                 PairedPrecision::Drop PairedPrecision::*mean) {
  if (!precision) return {};
  const PairedPrecision::Drop& drop = *precision.*mean;
  return {.text = percent(drop.value),
          .note = percent(drop.interval),
          .tone = tone_of_drop(drop.interval),
          .whisker = Whisker{drop.value, drop.interval}};
}

Line detection_line(const Report& report, const Network& network, const std::string& variant) {
  const Cell& cell = *network.find(variant);
  const CaseRecord& record = report.record(cell);
  return {.entries = {{.text = network.title()},
                      {.text = network.row->dataset},
                      {.text = network.row->backend},
                      {.text = variant},
                      {.text = count(static_cast<std::int64_t>(record.detections.size()))},
                      figure(record, "map_voc07"),
                      drop_entry(cell.precision, &PairedPrecision::voc07),
                      figure(record, "map_area"),
                      drop_entry(cell.precision, &PairedPrecision::area),
                      figure(record, "map_coco"),
                      drop_entry(cell.precision, &PairedPrecision::coco)}};
}

std::vector<std::string> variants_of(const Report& report, const Network& network) {
  std::vector<std::string> names{std::string(kFp32Variant)};
  names.insert(names.end(), report.variants.begin(), report.variants.end());
  std::erase_if(names, [&](const std::string& name) {
    const Cell* cell = network.find(name);
    return cell == nullptr || !detects(report.record(*cell));
  });
  return names;
}

// The records' classes: name or number -> VOC's 11-point average precision.
std::vector<std::pair<std::string, std::string>> classes_of(const CaseRecord& record) {
  std::vector<std::pair<std::string, std::string>> classes;
  const json details = json::parse(record.details, nullptr, false);
  if (!details.is_object() || !details.contains("classes") || !details["classes"].is_array())
    return classes;
  for (const json& entry : details["classes"]) {
    if (!entry.is_object()) continue;
    std::string name = entry.value("name", std::string());
    if (name.empty()) name = fmt::format("class {}", entry.value("class", -1));
    const bool known = entry.contains("voc07") && entry["voc07"].is_number();
    classes.emplace_back(std::move(name), known
                                              ? fmt::format("{:.3f}", entry["voc07"].get<double>())
                                              : std::string(kAbsent));
  }
  return classes;
}

}  // namespace

Table detection_table(const Report& report) {
  Table table{
      .title = fmt::format("Detection, {} against FP32", compared_precisions(report)),
      .columns = {word("Model"), setting("Data set"), setting("Backend"), word("Network"),
                  setting("Images"), number("mAP", "VOC, 11 points"), number("Drop", "points"),
                  number("mAP", "VOC, area"), number("Drop", "points"),
                  number("mAP", "COCO .50:.95"), number("Drop", "points")}};
  for (const Network& network : networks(report)) {
    bool first = true;
    for (const std::string& variant : variants_of(report, network)) {
      table.lines.push_back(detection_line(report, network, variant));
      table.lines.back().starts_group = std::exchange(first, false);
    }
  }
  table.notes = {
      "Drop: the mAP before it of FP32 less that of the network in the line, times 100 (above 0: "
      "FP32 is better), with a 95 % interval: both networks' images drawn again together, 1,000 "
      "times.",
      "VOC: a box is found by one that overlaps it by more than half (IoU), as MXNet's example/ssd "
      "counts. COCO: the mean over overlaps of 0.50, 0.55 … 0.95."};
  return table;
}

Table class_table(const Report& report) {
  Table table{.title = "Average precision of each class",
              .columns = {word("Model"), word("Class"), number(std::string(kFp32Variant))},
              .folded = true};
  for (const std::string& variant : report.variants) table.columns.push_back(number(variant));
  for (const Network& network : networks(report)) {
    const std::vector<std::string> variants = variants_of(report, network);
    if (variants.empty() || network.find(std::string(kFp32Variant)) == nullptr) continue;
    std::vector<Line> lines;
    for (const auto& [name, precision] :
         classes_of(report.record(*network.find(std::string(kFp32Variant))))) {
      lines.push_back({.entries = {{.text = network.title()}, {.text = name}, {.text = precision}},
                       .starts_group = lines.empty()});
    }
    for (const std::string& variant : report.variants) {
      const Cell* cell = network.find(variant);
      std::vector<std::pair<std::string, std::string>> classes;
      if (cell != nullptr) classes = classes_of(report.record(*cell));
      for (Line& line : lines) {
        const auto found = std::ranges::find(classes, line.entries[1].text,
                                             &std::pair<std::string, std::string>::first);
        line.entries.push_back(
            {.text = found == classes.end() ? std::string(kAbsent) : found->second});
      }
    }
    table.lines.insert(table.lines.end(), lines.begin(), lines.end());
  }
  table.notes = {"VOC's average over 11 points of recall; — for a class that did not occur."};
  return table;
}

}  // namespace qbench::text
