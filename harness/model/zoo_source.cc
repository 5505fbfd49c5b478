#include "harness/model/zoo_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/formats/parameters.h"
#include "engine/formats/params.h"
#include "engine/zoo/bind_parameters.h"

namespace qbench {
namespace {

constexpr std::string_view kScheme = "zoo:";

const ZooModel& find_model(std::string_view name) {
  if (const ZooModel* model = find_zoo_model(name)) return *model;
  std::vector<std::string_view> names;
  for (const ZooModel& model : zoo()) names.push_back(model.name);
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("no built-in network '{}'{}", name,
                          nearest.empty() ? "; 'qbench list built-in' names them"
                                          : fmt::format("; the nearest is '{}'", nearest)));
}

template <class Number>
Number number_from(std::string_view key, std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size())
    throw Error(fmt::format("{} is '{}', expected a number", key, text));
  return number;
}

void read_option(std::string_view option, ZooOptions& options) {
  const std::size_t equals = std::min(option.find('='), option.size());
  const std::string_view key = option.substr(0, equals);
  const std::string_view value = option.substr(std::min(equals + 1, option.size()));
  if (key == "width") {
    options.width = number_from<double>(key, value);
  } else if (key == "classes") {
    options.classes = number_from<std::int64_t>(key, value);
  } else {
    throw Error(fmt::format("option '{}', expected width or classes", key));
  }
}

std::shared_ptr<const Tensor> as_f32(const NamedArray& array, const std::string& file) {
  try {
    return to_f32(array.value);
  } catch (const Error& error) {
    throw error.at(fmt::format("{}: array '{}'", file, array.name));
  }
}

}  // namespace

bool is_zoo(std::string_view symbol) { return symbol.starts_with(kScheme); }

ZooSource parse_zoo(std::string_view symbol) {
  std::string_view rest = symbol.substr(kScheme.size());
  ZooSource source;
  try {
    const std::string_view name = rest.substr(0, rest.find(','));
    source.model = &find_model(name);
    rest.remove_prefix(name.size());
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string_view option = rest.substr(0, rest.find(','));
      read_option(option, source.options);
      rest.remove_prefix(option.size());
    }
  } catch (const Error& error) {
    throw error.at(std::string(symbol));
  }
  return source;
}

std::string to_string(const ZooSource& source) {
  std::string text = fmt::format("{}{}", kScheme, source.model->name);
  if (source.options.width != 1) text += fmt::format(",width={}", source.options.width);
  if (source.options.classes != 0) text += fmt::format(",classes={}", source.options.classes);
  return text;
}

Graph import_zoo(const ModelFiles& files, const Shape& image_shape, std::uint64_t seed) {
  ZooSource source = parse_zoo(files.symbol);
  source.options.image_shape = image_shape;
  source.options.seed = seed;
  ZooNetwork network = build_zoo_model(*source.model, source.options);
  if (files.params.empty()) return std::move(network.graph);
  NamedTensors arrays;
  for (NamedArray& array : read_params(files.params)) {
    if (array.value != nullptr) array.value = as_f32(array, files.params);
    if (!arrays.emplace(array.name, std::move(array.value)).second)
      throw Error(fmt::format("{}: two arrays are named '{}'", files.params, array.name));
  }
  return bind_parameters(network, arrays, files.params);
}

}  // namespace qbench
