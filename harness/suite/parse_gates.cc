#include "harness/suite/parse_gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "harness/suite/check_names.h"

namespace qbench {
namespace {

constexpr double kHuge = 1e15;

// Each name once, in the order of the models.
template <class Name>
std::vector<std::string> names_of(const Suite& suite, Name&& name) {
  std::vector<std::string> names;
  for (const ModelSpec& model : suite.models) {
    if (std::ranges::count(names, name(model)) == 0) names.push_back(name(model));
  }
  return names;
}

CaseSelection read_selection(YamlMap& map, const Suite& suite) {
  CaseSelection of;
  const auto names = [&map](const char* key, std::vector<std::string>& target,
                            const std::vector<std::string>& known) {
    map.read(key, target);
    check_names(map, key, target, known);
  };
  names("model", of.models, names_of(suite, [](const ModelSpec& m) { return m.name; }));
  names("dataset", of.datasets, names_of(suite, [](const ModelSpec& m) { return m.dataset.name; }));
  names("precision", of.precisions, all_precisions());
  names("mode", of.modes, all_modes());
  names("backend", of.backends, every_backend());
  map.read("calib_batches", of.calib_batches, 1);
  map.read("batch_size", of.batch_sizes, 1);
  map.read("threads", of.threads, 1);
  return of;
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::ranges::count(names, name) > 0;
}

// What no case of any suite can meet.
void check_selection(const YamlMap& map, const CaseSelection& of) {
  if (!of.modes.empty() && !holds(of.precisions, "int8"))
    map.fail("mode", fmt::format("calibrates int8 alone, found precision {}", of.precisions[0]));
  if (!of.calib_batches.empty() && !holds(of.precisions, "int8"))
    map.fail("calib_batches",
             fmt::format("are of int8 alone, found precision {}", of.precisions[0]));
  if (!of.calib_batches.empty() && of.modes == std::vector<std::string>{"none"})
    map.fail("calib_batches", "found beside mode none, which has none");
}

// "2027-01-31" as a day that exists.
void check_date(const YamlMap& map, const std::string& key, const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto number = [&text](std::size_t first, std::size_t count, auto& value) {
    const char* const end = text.data() + first + count;
    return std::from_chars(text.data() + first, end, value).ptr == end;
  };
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' && number(0, 4, year) &&
                      number(5, 2, month) && number(8, 2, day);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!shaped || year < 1 || !date.ok())
    map.fail(key, fmt::format("found '{}', expected a day as 2027-01-31", text));
}

KnownFailure read_known_failure(YamlMap map, const Suite& suite) {
  KnownFailure known;
  map.read("reason", known.reason);
  if (known.reason.empty()) map.fail("reason", "expected why it is known to fail");
  map.read("until", known.until);
  check_date(map, "until", known.until);
  map.read("strict", known.strict);
  known.of = read_selection(map, suite);
  check_selection(map, known.of);
  map.finish();
  return known;
}

std::vector<KnownFailure> read_known_failures(YamlMap& map, const Suite& suite) {
  std::vector<KnownFailure> known;
  if (map.is_list("xfail")) {
    for (YamlMap& each : map.maps("xfail"))
      known.push_back(read_known_failure(std::move(each), suite));
  } else if (std::optional<YamlMap> one = map.map("xfail")) {
    known.push_back(read_known_failure(*std::move(one), suite));
  }
  return known;
}

struct BoundKey {
  const char* key;
  GateKind kind;
};
constexpr BoundKey kBounds[] = {{"min", GateKind::min},
                                {"max", GateKind::max},
                                {"equals", GateKind::equals},
                                {"max_drop", GateKind::max_drop},
                                {"margin", GateKind::margin}};

bool has_bound(const std::vector<Gate>& gates, GateKind kind) {
  return std::ranges::count(gates, kind, &Gate::kind) > 0;
}

void check_bounds(const YamlMap& map, const std::vector<Gate>& gates) {
  if (gates.empty()) {
    map.fail("metric", "expected a bound: min, max, max_drop, margin or equals");
  }
  const auto bound = [&gates](GateKind kind) {
    return std::ranges::find(gates, kind, &Gate::kind)->bound;
  };
  if (has_bound(gates, GateKind::min) && has_bound(gates, GateKind::max) &&
      bound(GateKind::min) > bound(GateKind::max)) {
    map.fail("min",
             fmt::format("found {}, above max: {}", bound(GateKind::min), bound(GateKind::max)));
  }
  if (map.has("tolerance") && !has_bound(gates, GateKind::equals))
    map.fail("tolerance", "is of equals, which is missing");
  if (map.has("allow_inconclusive") && !has_bound(gates, GateKind::margin))
    map.fail("allow_inconclusive", "is of margin, which is missing");
  if (map.has("xfail") && gates.size() > 1) {
    map.fail("xfail",
             "found beside several bounds, expected a gate of its own for the one that is "
             "known to fail");
  }
}

// Bounds that the metric cannot have, or the cases.
void check_metric(const YamlMap& map, const Gate& gate) {
  const bool only_fp32 = gate.of.precisions == std::vector<std::string>{"fp32"};
  const bool is_drop = gate.kind == GateKind::max_drop || gate.kind == GateKind::margin;
  const char* const key = gate.kind == GateKind::margin ? "margin" : "max_drop";
  if (is_drop && only_fp32) map.fail(key, "is FP32's value less another's, found precision fp32");
  if (is_drop && compares_with_fp32(gate.metric))
    map.fail(key, fmt::format("{} compares with FP32 already, expected min or max", gate.metric));
  if (compares_with_fp32(gate.metric) && only_fp32)
    map.fail("metric", fmt::format("{} compares with FP32, found precision fp32", gate.metric));
  if (gate.kind != GateKind::margin) return;
  if (!has_paired_interval(gate.metric)) {
    map.fail("margin", fmt::format("{} has no interval of a paired drop, expected top1, top5, "
                                   "map_voc07, map_area or map_coco",
                                   gate.metric));
  }
  if (gate.bound <= 0 || gate.bound >= 1) {
    map.fail("margin", fmt::format("found {}, expected a fraction above 0 and below 1: 0.005 for "
                                   "half a point",
                                   gate.bound));
  }
}

}  // namespace

std::vector<Gate> read_gates(YamlMap map, const Suite& suite) {
  Gate gate;
  gate.place = map.place();
  map.read("metric", gate.metric);
  check_names(map, "metric", {gate.metric}, gate_metrics());
  gate.of = read_selection(map, suite);
  check_selection(map, gate.of);
  map.read("tolerance", gate.tolerance, 0, kHuge);
  map.read("optional", gate.optional);
  map.read("allow_inconclusive", gate.allow_inconclusive);
  gate.known_failures = read_known_failures(map, suite);
  std::vector<Gate> gates;
  for (const auto& [key, kind] : kBounds) {
    std::optional<double> bound;
    map.read(key, bound, -kHuge, kHuge);
    if (!bound) continue;
    gate.kind = kind;
    gate.bound = *bound;
    check_metric(map, gate);
    gates.push_back(gate);
  }
  check_bounds(map, gates);
  map.finish();
  return gates;
}

}  // namespace qbench
