#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"

namespace qbench::onnx {

std::int64_t NodeImport::opset() const { return importer_.model_.opset; }

const Attribute* NodeImport::find(std::string_view key) {
  asked_for_.insert(key);
  const auto found = node_.attributes.find(key);
  return found == node_.attributes.end() ? nullptr : &found->second;
}

template <class T>
const T* NodeImport::find_as(std::string_view key, std::string_view kind) {
  const Attribute* attribute = find(key);
  if (attribute == nullptr) return nullptr;
  if (const auto* unreadable = std::get_if<Unreadable>(attribute))
    throw Error(unreadable->why, ErrorKind::unsupported).at(fmt::format("attribute '{}'", key));
  const T* value = std::get_if<T>(attribute);
  if (value == nullptr) throw Error(fmt::format("attribute '{}' is not {}", key, kind));
  return value;
}

std::int64_t NodeImport::integer(std::string_view key, std::optional<std::int64_t> fallback) {
  if (const auto* value = find_as<std::int64_t>(key, "an integer")) return *value;
  if (!fallback) throw Error(fmt::format("attribute '{}' is missing", key));
  return *fallback;
}

float NodeImport::number(std::string_view key, std::optional<float> fallback) {
  if (const auto* value = find_as<float>(key, "a number")) return *value;
  if (!fallback) throw Error(fmt::format("attribute '{}' is missing", key));
  return *fallback;
}

std::string NodeImport::text(std::string_view key, std::string_view fallback) {
  const auto* value = find_as<std::string>(key, "a string");
  return value != nullptr ? *value : std::string(fallback);
}

std::vector<std::int64_t> NodeImport::integers(std::string_view key) {
  const auto* values = find_as<std::vector<std::int64_t>>(key, "a list of integers");
  return values != nullptr ? *values : std::vector<std::int64_t>{};
}

std::vector<float> NodeImport::numbers(std::string_view key) {
  const auto* values = find_as<std::vector<float>>(key, "a list of numbers");
  return values != nullptr ? *values : std::vector<float>{};
}

TensorPtr NodeImport::tensor(std::string_view key) {
  const auto* value = find_as<TensorPtr>(key, "a tensor");
  return value != nullptr ? *value : nullptr;
}

void NodeImport::ignore(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) find(key);
}

void NodeImport::expect(std::string_view key, std::int64_t value) {
  const std::int64_t found = integer(key, value);
  if (found != value) {
    throw Error(fmt::format("attribute '{}' is {}, supported is {}", key, found, value),
                ErrorKind::unsupported);
  }
}

void NodeImport::expect_no_others() const {
  for (const auto& [key, value] : node_.attributes) {
    if (asked_for_.contains(key)) continue;
    throw Error(
        fmt::format("attribute '{}' is not supported in operator set {}{}{}", key, opset(),
                    asked_for_.empty() ? "" : "; supported are ", fmt::join(asked_for_, ", ")),
        ErrorKind::unsupported);
  }
  for (std::size_t i = 0; i < input_count(); ++i) {
    if (!has_input(i) || read_.contains(i)) continue;
    throw Error(fmt::format("input {} ('{}') is not supported in operator set {}", i,
                            node_.inputs[i], opset()),
                ErrorKind::unsupported);
  }
}

std::size_t NodeImport::output_count() const {
  return node_.outputs.size() -
         static_cast<std::size_t>(std::ranges::count(node_.outputs, std::string()));
}

std::size_t NodeImport::input_count() const {
  std::size_t count = node_.inputs.size();
  while (count > 0 && node_.inputs[count - 1].empty()) --count;
  return count;
}

const Value& NodeImport::input(std::size_t i) {
  if (!has_input(i)) throw Error(fmt::format("input {} is missing", i));
  read_.insert(i);
  return importer_.value(node_.inputs[i]);
}

NodeId NodeImport::data(std::size_t i) {
  input(i);  // throws where it is missing
  return importer_.real(importer_.value(node_.inputs[i]));
}

TensorPtr NodeImport::known(std::size_t i, std::string_view what) {
  const Value& value = input(i);
  if (value.known) return value.known;
  const bool is_input = std::holds_alternative<Input>((*this)[*value.node].op);
  throw Error(fmt::format("{} is {}, expected one that is stored in the file", what,
                          is_input ? "an input of the model" : "computed"),
              ErrorKind::unsupported);
}

std::vector<std::int64_t> NodeImport::known_integers(std::size_t i, std::string_view what) {
  try {
    return to_integers(*known(i, what));
  } catch (const Error& error) {
    throw error.at(std::string(what));
  }
}

std::int64_t NodeImport::known_integer(std::size_t i, std::string_view what) {
  const std::vector<std::int64_t> values = known_integers(i, what);
  if (values.size() == 1) return values[0];
  throw Error(fmt::format("{}: {} values, expected one", what, values.size()));
}

TensorPtr NodeImport::known_plain(std::size_t i, std::string_view what) {
  const TensorPtr tensor = known(i, what);
  return input(i).quant ? to_real(input(i)) : tensor;
}

std::vector<std::int64_t> NodeImport::integers(std::string_view key, std::size_t i,
                                               std::int64_t since) {
  if (opset() < since) return integers(key);
  if (has(key)) {
    throw Error(fmt::format("attribute '{}' in operator set {}, which has input {} in its place",
                            key, opset(), i));
  }
  return has_input(i) ? known_integers(i, key) : std::vector<std::int64_t>{};
}

const qbench::Node& NodeImport::operator[](NodeId id) const { return importer_.graph_[id]; }

std::optional<NodeId> NodeImport::quantized(NodeId id) const {
  const qbench::Node& node = (*this)[id];
  if (!std::holds_alternative<Dequantize>(node.op)) return std::nullopt;
  return node.inputs[0];
}

std::optional<PartialMean> NodeImport::partial_mean(NodeId id) const {
  const auto found = importer_.partial_means_.find(id);
  if (found == importer_.partial_means_.end()) return std::nullopt;
  return found->second;
}

void NodeImport::set_partial_mean(NodeId id, const PartialMean& mean) {
  importer_.partial_means_.emplace(id, mean);
}

NodeId NodeImport::add(Op op, std::vector<NodeId> inputs,
                       std::optional<Graph::Quantization> quantization) {
  return importer_.graph_.add(importer_.free_name(name_), std::move(op), std::move(inputs),
                              std::move(quantization));
}

NodeId NodeImport::add_named(std::string_view suffix, Op op, std::vector<NodeId> inputs) {
  return importer_.graph_.add(importer_.free_name(fmt::format("{}_{}", name_, suffix)),
                              std::move(op), std::move(inputs));
}

NodeId NodeImport::constant(const std::string& name, TensorPtr value,
                            std::optional<QuantParams> quant) {
  return importer_.constant(name, std::move(value), std::move(quant));
}

NodeId NodeImport::scalar(std::string_view suffix, float value) {
  return constant(
      fmt::format("{}_{}", name_, suffix),
      std::make_shared<const Tensor>(Tensor::of<float>({1}, std::span<const float>(&value, 1))));
}

}  // namespace qbench::onnx
