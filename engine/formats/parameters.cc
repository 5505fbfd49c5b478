#include "engine/formats/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"

namespace qbench {
namespace {

// No file's size bounds what a wrong symbol can ask for. The largest networks have 10^8 parameters.
constexpr std::int64_t kMostDrawn = std::int64_t{1} << 28;

// Longest text of `__init__` that is looked into, and most names compared with a missing one.
constexpr std::size_t kLongestInitializer = 1000;
constexpr std::size_t kMostCompared = 2000;

float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t mantissa = half & 0x3FFU;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

class Random {  // SplitMix64
 public:
  Random(std::uint64_t seed, std::string_view name) : state_(seed) {
    constexpr std::uint64_t kFnvPrime = 0x100000001B3;
    std::uint64_t hash = 0xCBF29CE484222325;
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
    state_ ^= hash;
  }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  float uniform(float bound) {  // -bound .. bound
    return (static_cast<float>(next() >> 40) * 0x1p-23F - 1.0F) * bound;
  }

 private:
  std::uint64_t state_;
};

// The value that every element takes; nothing when they are drawn from Xavier's distribution.
std::optional<float> constant_of(std::string_view initializer) {
  static constexpr std::pair<std::string_view, float> kConstants[] = {
      {"bias", 0.0F}, {"gamma", 1.0F}, {"beta", 0.0F}, {"moving_mean", 0.0F}, {"moving_var", 1.0F},
      {"zero", 0.0F}, {"zeros", 0.0F}, {"one", 1.0F},  {"ones", 1.0F},
  };
  for (const auto& [name, value] : kConstants) {
    if (name == initializer) return value;
  }
  return std::nullopt;
}

// Undoes the JSON form of `__init__`: ["constant", {"value": 20}]
std::pair<std::string, std::optional<float>> parse_initializer(std::string_view text) {
  if (text.size() > kLongestInitializer) throw Error("attribute '__init__' is too long");
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || json.empty() || !json[0].is_string()) return {std::string(text), {}};
  std::string name = json[0].get<std::string>();
  if (name == "constant" && json.size() > 1 && json[1].is_object()) {
    const auto value = json[1].find("value");
    if (value != json[1].end() && value->is_number()) return {std::move(name), value->get<float>()};
  }
  return {std::move(name), std::nullopt};
}

Tensor draw(const Shape& shape, std::string_view initializer, Random random) {
  auto [name, value] = parse_initializer(initializer);
  if (!value) value = constant_of(name);
  Tensor tensor(DType::f32, shape);
  const float bound = value ? 0 : xavier_bound(shape);
  for (float& element : tensor.data<float>()) element = value ? *value : random.uniform(bound);
  return tensor;
}

}  // namespace

std::shared_ptr<const Tensor> to_f32(const std::shared_ptr<const Tensor>& tensor) {
  if (tensor->dtype() == DType::f32) return tensor;
  auto result = std::make_shared<Tensor>(DType::f32, tensor->shape());
  const std::span<float> out = result->data<float>();
  if (tensor->dtype() == DType::f64) {
    std::ranges::transform(tensor->data<double>(), out.begin(),
                           [](double value) { return static_cast<float>(value); });
    return result;
  }
  if (tensor->dtype() == DType::f16) {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(tensor->bytes().data());
    std::transform(halves, halves + tensor->elements(), out.begin(), from_half);
    return result;
  }
  throw Error(fmt::format("{}, expected floating point", to_string(tensor->dtype())));
}

float xavier_bound(const Shape& shape) {
  constexpr float kMagnitude = 2;
  if (shape.rank() < 2) return 1;
  const auto outer = static_cast<float>(shape[0] + shape[1]);
  const float mean_fan = outer * static_cast<float>(shape.elements(2)) / 2;
  return std::sqrt(kMagnitude / std::max(mean_fan, 1.0F));
}

Parameters::Parameters(std::string file, std::vector<NamedArray> arrays) : file_(std::move(file)) {
  for (NamedArray& array : arrays) {
    const std::string name(without_prefix(array.name));
    if (name.empty())
      throw Error(fmt::format("{}: an array without a name, expected a name for each", file_));
    if (!arrays_.emplace(name, std::move(array.value)).second)
      throw Error(fmt::format("{}: two arrays are named '{}'", file_, name));
  }
}

Parameters Parameters::random(std::uint64_t seed) {
  Parameters parameters;
  parameters.random_ = true;
  parameters.seed_ = seed;
  return parameters;
}

const std::shared_ptr<const Tensor>& Parameters::find(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found != arrays_.end() && found->second != nullptr) return found->second;
  if (found != arrays_.end())
    throw Error(fmt::format("parameter '{}' has no value in {}", name, file_));
  std::vector<std::string_view> names;
  for (const auto& [known, tensor] : arrays_) {
    if (names.size() < kMostCompared) names.push_back(known);
  }
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("no parameter '{}' in {}{}", name, file_,
                          nearest.empty() ? "" : fmt::format("; the nearest is '{}'", nearest)));
}

void Parameters::count_drawn(const std::string& name, const Shape& shape) {
  drawn_ += shape.elements();
  if (drawn_ > kMostDrawn) {
    throw Error(
        fmt::format("parameter '{}' of shape {} makes {} random values, expected at most {}", name,
                    to_string(shape), drawn_, kMostDrawn));
  }
}

bool Parameters::holds_s8(std::string_view name) const {
  if (random_) return name.ends_with("_quantize");
  const auto found = arrays_.find(name);
  return found != arrays_.end() && found->second != nullptr && found->second->dtype() == DType::s8;
}

std::string Parameters::hash_of_used(std::span<const std::string_view> names) const {
  std::vector<NamedArray> used;
  for (const std::string_view name : names) {
    const auto found = arrays_.find(name);
    if (found != arrays_.end()) used.push_back({found->first, found->second});
  }
  return hash_of(used);
}

std::shared_ptr<const Tensor> Parameters::checked(const std::string& name,
                                                  Infinity infinity) const {
  const std::shared_ptr<const Tensor>& tensor = find(name);
  try {
    check_numbers(name, *tensor, infinity);
  } catch (const Error& error) {
    throw error.at(file_);
  }
  return tensor;
}

std::shared_ptr<const Tensor> Parameters::real(const std::string& name, Infinity infinity) const {
  try {
    return to_f32(checked(name, infinity));
  } catch (const Error& error) {
    const bool named = std::string_view(error.what()).find('\'' + name + '\'') != std::string::npos;
    throw named ? error : error.at(fmt::format("parameter '{}' of {}", name, file_));
  }
}

std::shared_ptr<const Tensor> Parameters::real(const std::string& name, const Shape& shape,
                                               std::string_view initializer) {
  if (random_) {
    count_drawn(name, shape);
    return std::make_shared<Tensor>(draw(shape, initializer, Random(seed_, name)));
  }
  std::shared_ptr<const Tensor> tensor = real(name, Infinity::refused);
  if (tensor->shape() != shape) {
    throw Error(fmt::format("parameter '{}' of {} has shape {}, expected {}", name, file_,
                            to_string(tensor->shape()), to_string(shape)));
  }
  return tensor;
}

std::shared_ptr<const Tensor> Parameters::s8(const std::string& name, const Shape& shape) {
  if (random_) {
    count_drawn(name, shape);
    auto tensor = std::make_shared<Tensor>(DType::s8, shape);
    Random random(seed_, name);
    for (std::int8_t& value : tensor->data<std::int8_t>())
      value = static_cast<std::int8_t>(static_cast<int>(random.next() % 255) - 127);
    return tensor;
  }
  const std::shared_ptr<const Tensor>& tensor = find(name);
  if (tensor->dtype() != DType::s8 || tensor->shape() != shape) {
    throw Error(fmt::format("parameter '{}' of {} is {}{}, expected s8{}", name, file_,
                            to_string(tensor->dtype()), to_string(tensor->shape()),
                            to_string(shape)));
  }
  return tensor;
}

}  // namespace qbench
