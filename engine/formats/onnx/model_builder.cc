#include "engine/formats/onnx/model_builder.h"

#include <memory>

namespace qbench::onnx {

std::string ModelBuilder::free_name(std::string name) {
  while (!taken_.insert(name).second) name += '_';
  return name;
}

std::string ModelBuilder::add(std::string op, std::string name, std::vector<std::string> inputs,
                              Attributes attributes) {
  model_.nodes.push_back({.op = std::move(op),
                          .name = name,
                          .attributes = std::move(attributes),
                          .inputs = std::move(inputs),
                          .outputs = {name}});
  return name;
}

std::string ModelBuilder::store(const std::string& name, TensorPtr value) {
  model_.initializers.push_back({name, std::move(value)});
  return name;
}

std::string ModelBuilder::store_integers(const std::string& name,
                                         std::span<const std::int64_t> values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  return store(free_name(name),
               std::make_shared<const Tensor>(Tensor::of<std::int64_t>(shape, values)));
}

std::string ModelBuilder::store_scalar(const std::string& name, float value) {
  return store(free_name(name), std::make_shared<const Tensor>(
                                    Tensor::of<float>({}, std::span<const float>(&value, 1))));
}

std::string ModelBuilder::zero_point(DType dtype) {
  std::string& name = zero_points_[dtype];
  if (name.empty()) {
    name = free_name("zero_" + std::string(to_string(dtype)));
    store(name, std::make_shared<const Tensor>(dtype, Shape{}));
  }
  return name;
}

}  // namespace qbench::onnx
