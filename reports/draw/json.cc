// Everything there is to know about a run as one JSON object, units in the key names.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/json_text.h"
#include "reports/draw/renderers.h"
#include "reports/judge/documented.h"
#include "reports/record/fields.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using json = nlohmann::ordered_json;

constexpr int kSchema = 2;  // of this file, not of the database

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json number(const std::optional<double>& value) { return value ? number(*value) : json(nullptr); }

json interval(const Interval& limits) { return json::array({limits.low, limits.high}); }

json environment(const Environment& environment) {
  json object = json::object();
  for (const auto& [name, value] : environment.values) object[name] = value;
  return object;
}

json metrics(const CaseRecord& record) {
  json object = json::object();
  for (const MetricValue& metric : record.metrics) {
    object[text::metric_key(metric.name, metric.unit)] = number(metric.value);
  }
  return object;
}

// Unit and direction of every metric that some case has.
json declarations(const std::vector<CaseRecord>& cases) {
  json object = json::object();
  for (const CaseRecord& record : cases) {
    for (const MetricValue& metric : record.metrics) {
      object[text::metric_key(metric.name, metric.unit)] = {
          {"unit", metric.unit}, {"bigger_is_better", metric.bigger_is_better}};
    }
  }
  return object;
}

struct Fields {
  json& object;
  void operator()(std::string_view name, const std::string& value) const {
    object[std::string(name)] = value;
  }
  void operator()(std::string_view name, int value) const { object[std::string(name)] = value; }
  void operator()(std::string_view name, Status value) const {
    object[std::string(name)] = to_string(value);
  }
  void operator()(std::string_view name, const std::optional<double>& value) const {
    object[std::string(name)] = number(value);
  }
};

// By columns, which is a third of the size that an object for each image would take.
json predictions(const SharedList<Prediction>& predictions) {
  json sample = json::array();
  json label = json::array();
  json top = json::array();
  for (const Prediction& prediction : predictions) {
    sample.push_back(prediction.sample);
    label.push_back(prediction.label);
    top.push_back(prediction.top);
  }
  return {{"sample", std::move(sample)}, {"label", std::move(label)}, {"top", std::move(top)}};
}

std::string_view outcome(Detection::Outcome outcome) {
  switch (outcome) {
    case Detection::Outcome::ignored:
      return "ignored";
    case Detection::Outcome::hit:
      return "hit";
    case Detection::Outcome::miss:
      return "miss";
  }
  return {};
}

// By columns likewise: each of them has an array for each image.
json detections(const SharedList<DetectedImage>& images) {
  json object = {{"sample", json::array()}};
  const auto add = [&object](const char* name, const auto& items, const auto& field) {
    json column = json::array();
    for (const auto& item : items) column.push_back(field(item));
    object[name].push_back(std::move(column));
  };
  for (const DetectedImage& image : images) {
    object["sample"].push_back(image.sample);
    add("class", image.detections, [](const Detection& d) { return d.label; });
    add("score", image.detections, [](const Detection& d) { return d.score; });
    add("voc", image.detections, [](const Detection& d) { return outcome(d.voc); });
    add("coco_hits", image.detections, [](const Detection& d) { return d.coco_hits; });
    add("coco_ignored", image.detections, [](const Detection& d) { return d.coco_ignored; });
    add("truth_class", image.truth, [](const TruthCount& t) { return t.label; });
    add("truth_voc", image.truth, [](const TruthCount& t) { return t.voc; });
    add("truth_coco", image.truth, [](const TruthCount& t) { return t.coco; });
  }
  return object;
}

json case_of(const CaseRecord& record) {
  json object = json::object();
  visit_fields(record, Fields{object});
  json details = json::parse(record.details, nullptr, false);
  if (!details.is_discarded()) object["details"] = std::move(details);
  object["metrics"] = metrics(record);
  object["latency_samples_ns"] = record.latency_ns;
  object["latency_counts"] = record.latency_counts;
  object["predictions"] = predictions(record.predictions);
  object["detections"] = detections(record.detections);
  return object;
}

json accuracy(const std::optional<PairedAccuracy>& change) {
  if (!change) return nullptr;
  return {{"both_right", change->counts.both_right},
          {"only_fp32", change->counts.only_first},
          {"only_other", change->counts.only_second},
          {"both_wrong", change->counts.both_wrong},
          {"drop", change->counts.drop()},
          {"drop_interval_95", interval(change->drop_interval)},
          {"flip_rate", change->counts.flip_rate()},
          {"mcnemar_p", number(change->p_value)}};
}

json precision(const std::optional<PairedPrecision>& change,
               PairedPrecision::Drop PairedPrecision::*mean) {
  if (!change) return nullptr;
  const PairedPrecision::Drop& drop = *change.*mean;
  return {{"images", change->images},
          {"drop", drop.value},
          {"drop_interval_95", interval(drop.interval)}};
}

json documented(const DocumentedFigure& figure) {
  return {{"case_id", figure.record->case_id},
          {"model", figure.record->model},
          {"variant", figure.variant},
          {"metric", figure.metric},
          {"documented", figure.documented},
          {"measured", number(figure.measured)},
          {"measured_interval_95", figure.measured ? interval(figure.interval) : json(nullptr)},
          {"verdict", figure.text}};
}

json verdict(const Verdict& verdict) {
  return {{"rule", verdict.rule},
          {"kind", verdict.kind},
          {"place", verdict.place},
          {"case_id", verdict.case_id},
          {"verdict", to_string(verdict.word)},
          {"failed", verdict.failed},
          {"value", number(verdict.value)},
          {"bound", number(verdict.bound)},
          {"interval", verdict.interval ? interval(*verdict.interval) : json(nullptr)},
          {"images_needed", verdict.images_needed ? json(*verdict.images_needed) : json(nullptr)},
          {"reason", verdict.reason}};
}

json comparison(const Report& report, const Row& row, const Cell& cell) {
  json object = {{"fp32_case_id", report.record(*row.fp32).case_id},
                 {"case_id", report.record(cell).case_id},
                 {"precision", report.record(cell).precision},
                 {"variant", cell.variant},
                 {"top1", accuracy(cell.top1)},
                 {"top5", accuracy(cell.top5)},
                 {"map_voc07", precision(cell.precision, &PairedPrecision::voc07)},
                 {"map_area", precision(cell.precision, &PairedPrecision::area)},
                 {"map_coco", precision(cell.precision, &PairedPrecision::coco)}};
  object["agreement"] = cell.agreement ? json(cell.agreement->rate()) : json(nullptr);
  object["speedup"] = cell.speedup ? json(cell.speedup->value) : json(nullptr);
  const bool known = cell.speedup && cell.speedup->interval;
  object["speedup_interval_95"] = known ? interval(*cell.speedup->interval) : json(nullptr);
  return object;
}

std::string dump(const json& value) { return json_text(value); }

// Writes an array, one line for each element, so that two files can be compared line by line. As
// text at once: thousands of cases as objects would take gigabytes.
class Lines {
 public:
  Lines(std::string& out, std::string_view name) : out_(out) {
    out_ += fmt::format(",\n\"{}\":[", name);
  }
  void add(const json& element) {
    out_ += is_first_ ? "\n" : ",\n";
    out_ += dump(element);
    is_first_ = false;
  }
  void end() { out_ += ']'; }

 private:
  std::string& out_;
  bool is_first_ = true;
};

void add_verdicts(const Report& report, std::string& out) {
  Lines lines(out, "verdicts");
  for (const Verdict& each : report.run.verdicts) lines.add(verdict(each));
  lines.end();
}

}  // namespace

std::string render_verdicts_json(const Report& report) {
  std::string out =
      fmt::format("{{\"run\":{},\n\"suite\":{}", report.run.info.id, dump(report.run.info.suite));
  add_verdicts(report, out);
  out += "}\n";
  return out;
}

std::string render_json(const Report& report) {
  const RunInfo& info = report.run.info;
  const json run = {{"id", info.id},
                    {"suite", info.suite},
                    {"command_line", info.command_line},
                    {"started", info.started},
                    {"finished", info.finished},
                    {"environment", environment(info.environment)}};
  std::string out = fmt::format("{{\"schema\":{},\n\"run\":{}", kSchema, dump(run));
  add_verdicts(report, out);
  out += fmt::format(",\n\"metrics\":{}", dump(declarations(report.run.cases)));
  Lines cases(out, "cases");
  for (const CaseRecord& record : report.run.cases) cases.add(case_of(record));
  cases.end();
  Lines comparisons(out, "comparisons");
  for (const Row& row : report.rows) {
    if (!row.fp32) continue;
    for (const Cell& cell : row.compared) comparisons.add(comparison(report, row, cell));
  }
  comparisons.end();
  Lines published(out, "documented");
  for (const DocumentedFigure& figure : documented_figures(report))
    published.add(documented(figure));
  published.end();
  out += "}\n";
  return out;
}

}  // namespace qbench
