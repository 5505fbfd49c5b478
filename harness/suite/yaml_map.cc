#include "harness/suite/yaml_map.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/suite/values.h"

namespace qbench {
namespace {

std::string place_of(const std::string& file, const YAML::Mark& mark) {
  // An empty file has no marks, which yaml-cpp says with negative numbers.
  return fmt::format("{}:{}:{}", file, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1);
}

std::string kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Null:
      return "nothing";
    case YAML::NodeType::Scalar:
      return "'" + node.Scalar() + "'";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Undefined:
      break;
  }
  return "nothing";
}

void check_kind(const std::string& file, const YAML::Node& node, YAML::NodeType::value kind,
                const char* expected) {
  if (node.Type() == kind) return;
  throw Error(fmt::format("{}: found {}, expected {}", place_of(file, node.Mark()), kind_of(node),
                          expected));
}

std::string scalar(const std::string& file, const YAML::Node& node) {
  check_kind(file, node, YAML::NodeType::Scalar, "a single value");
  return node.Scalar();
}

template <class T>
T checked(const std::string& file, const YAML::Node& node, T (*parse)(std::string_view)) {
  try {
    return parse(scalar(file, node));
  } catch (const Error& error) {
    // What scalar() throws has its place already.
    if (node.IsScalar()) throw error.at(place_of(file, node.Mark()));
    throw;
  }
}

template <class T>
T in_range(const std::string& file, const YAML::Node& node, T value, T min, T max) {
  if (value >= min && value <= max) return value;
  const std::string limit =
      value < min ? fmt::format("at least {}", min) : fmt::format("at most {}", max);
  throw Error(fmt::format("{}: found {}, expected {}", place_of(file, node.Mark()), value, limit));
}

// The elements of a list; a single value is a list of one.
std::vector<YAML::Node> elements(const std::string& file, const YAML::Node& node) {
  if (node.IsScalar()) return {node};
  check_kind(file, node, YAML::NodeType::Sequence, "a list");
  if (node.size() == 0) {
    throw Error(place_of(file, node.Mark()) + ": found an empty list, expected values");
  }
  std::set<std::string> seen;
  for (const YAML::Node& element : node) {
    if (!seen.insert(scalar(file, element)).second) {
      throw Error(fmt::format("{}: '{}' is listed twice", place_of(file, element.Mark()),
                              element.Scalar()));
    }
  }
  return {node.begin(), node.end()};
}

}  // namespace

struct YamlMap::State {
  std::string file;
  YAML::Node node;
  std::set<std::string, std::less<>> known;  // keys that were asked for
};

YamlMap::YamlMap(const std::string& file, const YAML::Node& node)
    : state_(std::make_unique<State>(State{file, node, {}})) {
  check_kind(file, node, YAML::NodeType::Map, "a mapping of keys to values");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!seen.insert(scalar(file, entry.first)).second) {
      throw Error(fmt::format("{}: key '{}' is given twice", place_of(file, entry.first.Mark()),
                              entry.first.Scalar()));
    }
  }
}

YamlMap::YamlMap(YamlMap&&) noexcept = default;
YamlMap::~YamlMap() = default;

YamlMap YamlMap::parse(const std::string& text, const std::string& file) {
  try {
    return {file, YAML::Load(text)};
  } catch (const YAML::Exception& error) {
    throw Error(place_of(file, error.mark) + ": " + error.msg);
  }
}

bool YamlMap::has(const std::string& key) const {
  const YAML::Node& node = state_->node;  // const: operator[] must not add the key
  return node[key].IsDefined();
}

bool YamlMap::is_list(const std::string& key) const {
  const YAML::Node& node = state_->node;
  return node[key].IsDefined() && node[key].IsSequence();
}

YAML::Node YamlMap::take(const std::string& key) {
  state_->known.insert(key);
  const YAML::Node& node = state_->node;
  return node[key];
}

void YamlMap::read(const std::string& key, std::string& target) {
  if (const YAML::Node node = take(key); node.IsDefined()) target = scalar(state_->file, node);
}

void YamlMap::read(const std::string& key, bool& target) {
  if (const YAML::Node node = take(key); node.IsDefined()) {
    target = checked(state_->file, node, parse_bool);
  }
}

void YamlMap::read(const std::string& key, int& target, int min, int max) {
  if (const YAML::Node node = take(key); node.IsDefined()) {
    target = in_range(state_->file, node, checked(state_->file, node, parse_int), min, max);
  }
}

void YamlMap::read(const std::string& key, std::int64_t& target, std::int64_t min) {
  if (const YAML::Node node = take(key); node.IsDefined()) {
    target = in_range(state_->file, node, checked(state_->file, node, parse_int64), min,
                      std::numeric_limits<std::int64_t>::max());
  }
}

void YamlMap::read(const std::string& key, double& target, double min, double max) {
  if (const YAML::Node node = take(key); node.IsDefined()) {
    target = in_range(state_->file, node, checked(state_->file, node, parse_double), min, max);
  }
}

void YamlMap::read(const std::string& key, std::optional<double>& target, double min, double max) {
  double value = 0;
  read(key, value, min, max);
  if (has(key)) target = value;
}

void YamlMap::read(const std::string& key, std::array<float, 3>& target) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  check_kind(state_->file, node, YAML::NodeType::Sequence, "a list of three numbers");
  if (node.size() != target.size()) {
    fail(key, fmt::format("found {} values, expected three", node.size()));
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    constexpr double kMax = 1e6;
    const double value = checked(state_->file, node[i], parse_double);
    target[i] = static_cast<float>(in_range(state_->file, node[i], value, -kMax, kMax));
  }
}

void YamlMap::read(const std::string& key, std::vector<std::string>& target) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  target.clear();
  for (const YAML::Node& element : elements(state_->file, node)) {
    target.push_back(scalar(state_->file, element));
  }
}

void YamlMap::read(const std::string& key, std::vector<int>& target, int min) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  target.clear();
  for (const YAML::Node& element : elements(state_->file, node)) {
    const int value = checked(state_->file, element, parse_int);
    target.push_back(in_range(state_->file, element, value, min, kMaxInt));
  }
}

std::optional<YamlMap> YamlMap::map(const std::string& key) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return std::nullopt;
  return YamlMap(state_->file, node);
}

std::vector<YamlMap> YamlMap::maps(const std::string& key) {
  std::vector<YamlMap> result;
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return result;
  check_kind(state_->file, node, YAML::NodeType::Sequence, "a list of mappings");
  for (const YAML::Node& element : node) result.push_back(YamlMap(state_->file, element));
  return result;
}

void YamlMap::finish() const {
  for (const auto& entry : state_->node) {
    const std::string& key = entry.first.Scalar();
    if (state_->known.contains(key)) continue;
    const std::vector<std::string_view> known(state_->known.begin(), state_->known.end());
    const std::string_view nearest = nearest_name(key, known);
    throw Error(
        fmt::format("{}: unknown key '{}', {}", place_of(state_->file, entry.first.Mark()), key,
                    nearest.empty() ? fmt::format("expected one of: {}", fmt::join(known, ", "))
                                    : fmt::format("did you mean '{}'?", nearest)));
  }
}

std::string YamlMap::place() const { return place_of(state_->file, state_->node.Mark()); }

void YamlMap::fail(const std::string& key, const std::string& message,
                   std::optional<std::size_t> element) const {
  const YAML::Node& map = state_->node;
  const YAML::Node value = map[key];
  const bool listed = element && value.IsDefined() && value.IsSequence();
  const YAML::Node node = listed ? value[*element] : value;
  const std::string place = node.IsDefined() ? place_of(state_->file, node.Mark()) : this->place();
  throw Error(fmt::format("{}: {}: {}", place, key, message));
}

}  // namespace qbench
