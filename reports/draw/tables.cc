// The list of tables, and what is said about cases in words.
#include "reports/draw/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/text/text.h"

namespace qbench::text {
namespace {

using nlohmann::json;

void erase_column(Table& table, std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  table.columns.erase(table.columns.begin() + at);
  for (Line& line : table.lines) line.entries.erase(line.entries.begin() + at);
}

bool all_lines(const Table& table, std::size_t column, std::string_view text) {
  return std::all_of(table.lines.begin(), table.lines.end(),
                     [&](const Line& line) { return line.entries.at(column).text == text; });
}

// A column that is "—" throughout says nothing, one that is the same throughout says it too often.
void drop_idle_columns(Table& table) {
  for (std::size_t column = table.columns.size(); column-- > 0;) {
    const std::string same = table.lines.front().entries.at(column).text;
    if (!all_lines(table, column, same)) continue;
    const Column& head = table.columns[column];
    if (head.setting && !same.empty()) {
      table.caption = fmt::format("{}: {}{}{}", head.title, same,
                                  table.caption.empty() ? "" : " · ", table.caption);
    }
    if (head.setting || same.empty() || same == kAbsent) erase_column(table, column);
  }
}

// The array `name` of the details, or an empty one.
json detail_array(const CaseRecord& record, const char* name) {
  const json details = json::parse(record.details, nullptr, false);
  if (details.is_object() && details.contains(name) && details[name].is_array()) {
    return details[name];
  }
  return json::array();
}

// "Layers left in FP32: fc1 (excluded), conv0 (excluded)."
std::string fp32_layers(const CaseRecord& record) {
  std::string text;
  for (const json& layer : detail_array(record, "fp32_layers")) {
    if (!layer.is_object() || !layer.contains("layer") || !layer["layer"].is_string()) continue;
    text += (text.empty() ? "" : ", ") + layer["layer"].get<std::string>();
    if (layer.contains("reason") && layer["reason"].is_string()) {
      text += fmt::format(" ({})", layer["reason"].get<std::string>());
    }
  }
  return text.empty() ? text : fmt::format("Layers left in FP32: {}.", text);
}

}  // namespace

std::vector<std::string> warnings(const CaseRecord& record) {
  std::vector<std::string> texts;
  for (const json& warning : detail_array(record, "warnings")) {
    if (warning.is_string()) texts.push_back(warning.get<std::string>());
  }
  return texts;
}

Column word(std::string title) { return {.title = std::move(title)}; }
Column setting(std::string title) { return {.title = std::move(title), .setting = true}; }
Column number(std::string title, std::string unit) {
  return {.title = std::move(title), .unit = std::move(unit), .numeric = true};
}

std::vector<Table> tables(const Report& report) {
  std::vector<Table> shown;
  for (const auto make : {verdict_table, documented_table, accuracy_table, change_table,
                          detection_table, speed_table, device_table, class_table}) {
    Table table = make(report);
    if (table.lines.empty()) continue;
    drop_idle_columns(table);
    shown.push_back(std::move(table));
  }
  return shown;
}

std::string compared_precisions(const Report& report) {
  std::vector<std::string> names;
  for (const char* precision : {"tf32", "fp16", "int8"}) {
    const auto is_measured = [&](const CaseRecord& record) {
      return record.precision == precision && record.proves_accuracy();
    };
    if (std::ranges::any_of(report.run.cases, is_measured)) names.push_back(upper(precision));
  }
  if (names.size() < 2) return names.empty() ? "INT8" : names.front();
  const std::string last = std::move(names.back());
  names.pop_back();
  return fmt::format("{} and {}", fmt::join(names, ", "), last);
}

std::string outcome(const Report& report) {
  std::map<Status, std::int64_t> counts;
  for (const CaseRecord& record : report.run.cases) ++counts[record.status];
  const auto total = static_cast<std::int64_t>(report.run.cases.size());
  std::string text = fmt::format("{} of {} ok", count(counts[Status::ok]), plural(total, "case"));
  for (const auto& [status, number] : counts) {
    if (status == Status::ok) continue;
    text += fmt::format(", {} {}", count(number), describe(status));
  }
  const std::string gates = gates_outcome(report);
  return gates.empty() ? text : text + "; " + gates;
}

Tone tone_of_drop(const Interval& drop) {
  if (drop.low > 0) return Tone::bad;
  return drop.high < 0 ? Tone::good : Tone::plain;
}

std::string decided_note(const Report& report) {
  std::string models;
  double margin = 0;
  std::set<std::string> told;
  for (const CaseRecord& record : report.run.cases) {
    if (!record.decided_margin || !told.insert(record.model).second) continue;
    margin = *record.decided_margin;
    const json details = json::parse(record.details, nullptr, false);
    const json note = details.is_object() ? details.value("scored_until_decided", json()) : json();
    if (!note.is_object()) continue;
    models += fmt::format("{}{} {} of {} images", models.empty() ? "" : ", ", record.model,
                          count(note.value("images", std::int64_t{0})),
                          count(note.value("of", std::int64_t{0})));
  }
  if (models.empty()) return {};
  return fmt::format(
      "Scored in a random order until it was decided for each network whether it "
      "loses more than {} points of top-1: {}. Intervals of drops allow for that "
      "(confidence sequences).",
      percent(margin), models);
}

std::vector<Remark> problems(const Report& report) {
  // All cases of a model fail or are skipped for the same reason often enough: said once.
  struct Problem {
    const CaseRecord* first;
    std::int64_t cases;
  };
  std::vector<Problem> found;
  for (const CaseRecord& record : report.run.cases) {
    if (record.status == Status::ok) continue;
    const auto same = std::find_if(found.begin(), found.end(), [&](const Problem& problem) {
      return problem.first->model == record.model && problem.first->status == record.status &&
             problem.first->reason == record.reason;
    });
    if (same == found.end()) {
      found.push_back({&record, 1});
    } else {
      ++same->cases;
    }
  }
  std::vector<Remark> remarks;
  for (const auto& [first, cases] : found) {
    remarks.push_back({.subject = cases == 1
                                      ? describe(*first)
                                      : fmt::format("{}, {}", first->model, plural(cases, "case")),
                       .text = fmt::format("{}: {}", describe(first->status), first->reason),
                       .command = first->reproduce});
  }
  return remarks;
}

namespace {

std::vector<Remark> collect(const Report& report, bool layers) {
  std::vector<Remark> found;
  // The same sentence about batch sizes and threads of one network is said once.
  const auto add = [&](const CaseRecord& record, const std::string& text) {
    const std::string variant = record.mode.empty() ? record.precision : record.mode;
    const std::string subject = fmt::format("{}, {}", record.model, variant);
    const bool said = std::any_of(found.begin(), found.end(), [&](const Remark& remark) {
      return remark.subject == subject && remark.text == text;
    });
    if (!said && !text.empty()) found.push_back({.subject = subject, .text = text, .command = {}});
  };
  for (const CaseRecord& record : report.run.cases) {
    for (const std::string& warning : warnings(record)) add(record, warning);
    if (layers) add(record, fp32_layers(record));
  }
  return found;
}

}  // namespace

std::vector<Remark> remarks(const Report& report) { return collect(report, true); }

std::vector<Remark> warnings(const Report& report) { return collect(report, false); }

}  // namespace qbench::text
