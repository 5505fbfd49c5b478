// Where an imported network's parameters come from: a file, or a random number generator.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"
#include "engine/formats/check_numbers.h"
#include "engine/formats/params.h"

namespace qbench {

// f64 and f16 converted to f32. Throws Error when it is no floating point.
std::shared_ptr<const Tensor> to_f32(const std::shared_ptr<const Tensor>& tensor);

class Parameters {
 public:
  // `file` is for messages. Throws Error when two arrays have one name without "arg:" or "aux:".
  Parameters(std::string file, std::vector<NamedArray> arrays);
  // Values depend on seed, name and shape alone: the same on every platform, whatever the order.
  static Parameters random(std::uint64_t seed);

  bool are_random() const { return random_; }
  bool contains(std::string_view name) const { return arrays_.contains(name); }
  // Content of those of the arrays that are named.
  std::string hash_of_used(std::span<const std::string_view> names) const;
  bool holds_s8(std::string_view name) const;  // random: by its name, "..._quantize"

  // f32 of that shape; f64 and f16 are converted. Throws Error naming what was found: NaN always,
  // infinity too where a shape is asked for, as of the parameters of layers. Drawn as
  // `initializer` says: "weight" (Xavier: uniform, magnitude 2 over the mean of fan-in and
  // fan-out), "bias", "gamma", "beta", "moving_mean", "moving_var", or the text of MXNet's
  // attribute `__init__`: zeros, ones, a constant.
  std::shared_ptr<const Tensor> real(const std::string& name, const Shape& shape,
                                     std::string_view initializer);
  // f32 as it is in the file, of any shape.
  std::shared_ptr<const Tensor> real(const std::string& name,
                                     Infinity infinity = Infinity::allowed) const;
  // s8 of that shape; drawn uniformly from -127 to 127.
  std::shared_ptr<const Tensor> s8(const std::string& name, const Shape& shape);

 private:
  Parameters() = default;
  std::shared_ptr<const Tensor> checked(const std::string& name, Infinity infinity) const;
  void count_drawn(const std::string& name, const Shape& shape);
  // Throws Error with the nearest name there is.
  const std::shared_ptr<const Tensor>& find(const std::string& name) const;

  std::string file_;
  std::map<std::string, std::shared_ptr<const Tensor>, std::less<>> arrays_;
  bool random_ = false;
  std::uint64_t seed_ = 0;
  std::int64_t drawn_ = 0;  // elements
};

// Half of the width of the Xavier distribution for weights [O, I, ...]
float xavier_bound(const Shape& shape);

}  // namespace qbench
