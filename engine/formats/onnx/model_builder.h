// Adds nodes and stored values to an ONNX model under names that are not taken.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/formats/onnx/model.h"

namespace qbench::onnx {

using Attributes = std::map<std::string, Attribute, std::less<>>;

class ModelBuilder {
 public:
  // Keeps the name for whoever calls `add` or `own_name` with it.
  void reserve(const std::string& name) {
    taken_.insert(name);
    kept_.insert(name);
  }
  // A name that was kept, the first time it is asked for; then one like it.
  std::string own_name(const std::string& name) {
    return kept_.erase(name) > 0 ? name : free_name(name);
  }
  // `name`, or with underscores behind it.
  std::string free_name(std::string name);

  // A node with one output, both of that name. Gives the name.
  std::string add(std::string op, std::string name, std::vector<std::string> inputs,
                  Attributes attributes = {});
  std::string store(const std::string& name, TensorPtr value);  // name as it is
  std::string store_integers(const std::string& name, std::span<const std::int64_t> values);
  std::string store_scalar(const std::string& name, float value);
  // A zero of that type, stored once.
  std::string zero_point(DType dtype);

  ModelDef& model() { return model_; }

 private:
  ModelDef model_;
  std::set<std::string, std::less<>> taken_;
  std::set<std::string, std::less<>> kept_;
  std::map<DType, std::string> zero_points_;
};

}  // namespace qbench::onnx
