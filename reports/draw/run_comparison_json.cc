// The comparison of two runs as one JSON object.
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/json_text.h"
#include "reports/draw/run_comparison.h"
#include "reports/record/fields.h"

namespace qbench {
namespace {

using json = nlohmann::ordered_json;
using Standing = CellChange::Standing;

constexpr int kSchema = 1;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json number(const std::optional<double>& value) { return value ? number(*value) : json(nullptr); }
json interval(const std::optional<Interval>& limits) {
  if (!limits) return nullptr;
  return json::array({number(limits->low), number(limits->high)});
}

json run_of(const RunInfo& info, const std::string& name) {
  json environment = json::object();
  for (const auto& [key, value] : info.environment.values) environment[key] = value;
  return {{"name", name},
          {"id", info.id},
          {"suite", info.suite},
          {"command_line", info.command_line},
          {"started", info.started},
          {"finished", info.finished},
          {"environment", std::move(environment)}};
}

const char* name_of(Standing standing) {
  switch (standing) {
    case Standing::compared:
      return "compared";
    case Standing::missing:
      return "missing";
    case Standing::added:
      return "added";
    case Standing::broken:
      return "broken";
    case Standing::mended:
      return "mended";
    case Standing::not_ok:
      return "not_ok";
  }
  return "";
}

const char* name_of(Control control) {
  switch (control) {
    case Control::none:
      return "none";
    case Control::fp32:
      return "fp32";
    case Control::others:
      return "others";
  }
  return "";
}

json estimate(const Estimate& estimate) {
  return {{"ratio", number(estimate.value)}, {"interval_95", interval(estimate.interval)}};
}

json accuracy(const std::optional<PairedAccuracy>& change) {
  if (!change) return nullptr;
  return {{"both_right", change->counts.both_right},
          {"only_before", change->counts.only_first},
          {"only_after", change->counts.only_second},
          {"both_wrong", change->counts.both_wrong},
          {"drop", change->counts.drop()},
          {"drop_interval_95", interval(change->drop_interval)},
          {"flip_rate", change->counts.flip_rate()},
          {"mcnemar_p", change->p_value}};
}

json drop(const PairedPrecision::Drop& drop) {
  return {{"drop", drop.value}, {"drop_interval_95", interval(drop.interval)}};
}

json precision(const std::optional<PairedPrecision>& change) {
  if (!change) return nullptr;
  return {{"images", change->images},
          {"voc07", drop(change->voc07)},
          {"area", drop(change->area)},
          {"coco", drop(change->coco)}};
}

json latency(const std::optional<LatencyChange>& change) {
  if (!change) return nullptr;
  return {{"measured", estimate(change->measured)},
          {"control", name_of(change->control)},
          {"corrected", change->corrected ? estimate(*change->corrected) : json(nullptr)},
          {"beside_others", number(change->beside_others)},
          {"p", number(change->p_value)}};
}

json changes(const CellChange& cell) {
  json object = json::object();
  for (const MetricChange& change : cell.changes) {
    object[std::string(change.metric)] = {
        {"before", number(change.before)},
        {"after", number(change.after)},
        {"worse", change.unknown.empty() ? number(change.worse) : json(nullptr)},
        {"worse_interval_95", interval(change.interval)},
        {"p", number(change.p_value)},
        {"p_holm", number(change.adjusted)},
        {"unknown", change.unknown}};
  }
  return object;
}

// What the joined records have in common.
struct Identity {
  json& object;
  void operator()(std::string_view name, const std::string& value) const { put(name, value); }
  void operator()(std::string_view name, int value) const { put(name, value); }
  template <class Other>
  void operator()(std::string_view, const Other&) const {}

 private:
  template <class Value>
  void put(std::string_view name, const Value& value) const {
    for (const char* wanted : {"model", "dataset", "backend", "precision", "mode", "calib_batches",
                               "quantized_dtype", "batch_size", "threads"}) {
      if (name == wanted) object[wanted] = value;
    }
  }
};

json side(const Run& run, const std::optional<std::size_t>& index) {
  if (!index) return nullptr;
  const CaseRecord& record = run.cases[*index];
  return {{"case_id", record.case_id},     {"status", to_string(record.status)},
          {"reason", record.reason},       {"model_hash", record.model_hash},
          {"data_hash", record.data_hash}, {"options_hash", record.options_hash},
          {"reproduce", record.reproduce}};
}

json cell_of(const RunComparison& comparison, const CellChange& cell) {
  json object = {{"name", cell.name}, {"standing", name_of(cell.standing)}};
  visit_fields(comparison.record(cell), Identity{object});
  object["before"] = side(comparison.before, cell.before);
  object["after"] = side(comparison.after, cell.after);
  object["remarks"] = cell.remarks;
  object["identical_predictions"] = cell.scored ? json(cell.identical) : json(nullptr);
  object["changes"] = changes(cell);
  object["top1"] = accuracy(cell.top1);
  object["top5"] = accuracy(cell.top5);
  object["agreement"] = cell.agreement ? json(cell.agreement->rate()) : json(nullptr);
  object["map"] = precision(cell.precision);
  object["latency"] = latency(cell.latency);
  return object;
}

json findings(const RunComparison& comparison, const std::vector<Finding>& found) {
  json array = json::array();
  for (const Finding& finding : found)
    array.push_back({{"cell", comparison.cells[finding.cell].name}, {"text", finding.text}});
  return array;
}

json term_of(const RunComparison& comparison, const TermVerdict& term) {
  const bool failed = !term.worse.empty() || !term.lost.empty() || !term.run_wide.empty();
  return {{"term", term.bound.text},
          {"failed", failed},
          {"judged", term.judged},
          {"undecided", term.undecided},
          {"worse", findings(comparison, term.worse)},
          {"lost", findings(comparison, term.lost)},
          {"suspects", findings(comparison, term.suspects)},
          {"unknown", findings(comparison, term.unknown)},
          {"run_wide", term.run_wide}};
}

const char* name_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::same:
      return "same";
    case RunVerdict::worse:
      return "worse";
    case RunVerdict::nothing:
      return "nothing";
  }
  return "";
}

}  // namespace

std::string comparison_json(const RunComparison& comparison, const FailOnVerdict& verdict,
                            const RunNames& names) {
  json object = {{"schema", kSchema},
                 {"before", run_of(comparison.before.info, names.before)},
                 {"after", run_of(comparison.after.info, names.after)}};
  json differences = json::array();
  for (const RunComparison::Difference& d : comparison.environment)
    differences.push_back({{"name", d.name}, {"before", d.before}, {"after", d.after}});
  object["environment_differs"] = std::move(differences);
  object["notices"] = comparison.notices;
  object["latency_refused"] = comparison.latency_refused;
  object["drift"] = comparison.drift ? json{{"ratio", comparison.drift->ratio},
                                            {"cells", comparison.drift->cells}}
                                     : json(nullptr);
  object["cells"] = json::array();
  for (const CellChange& cell : comparison.cells)
    object["cells"].push_back(cell_of(comparison, cell));
  object["fail_on"] = json::array();
  for (const TermVerdict& term : verdict.terms)
    object["fail_on"].push_back(term_of(comparison, term));
  object["measured_no_more"] = findings(comparison, verdict.broken);
  object["verdict"] = name_of(verdict.verdict);
  object["reason"] = verdict.reason;
  return json_text(object, 1) + '\n';
}

}  // namespace qbench
