// The documented models and how their training prepared the images.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace qbench {

struct KnownModel {
  std::string_view name;
  std::string_view source;
  std::string_view image_shape;  // "C,H,W"
  std::array<float, 3> rgb_mean;
  std::array<float, 3> rgb_std;
};

std::span<const KnownModel> known_models();
const KnownModel* find_known_model(std::string_view name);  // nullptr when there is none

}  // namespace qbench
