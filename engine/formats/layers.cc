#include "engine/formats/layers.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench {

Extent2d extent_from(const Attributes& attributes, std::string_view key, std::int64_t fallback) {
  const std::vector<std::int64_t> values = attributes.tuple(key);
  if (values.empty()) return {fallback, fallback};
  if (values.size() == 2) return {values[0], values[1]};
  throw Error(
      fmt::format("attribute '{}' is {}, supported are two dimensions", key, tuple_text(values)),
      ErrorKind::unsupported);
}

Padding2d padding_from(const Attributes& attributes) {
  const std::vector<std::int64_t> pad = attributes.tuple("pad");
  if (pad.size() == 4) return {pad[0], pad[1], pad[2], pad[3]};
  const auto [h, w] = extent_from(attributes, "pad", 0);
  return {h, w, h, w};
}

Padding2d pad_width_from(const Attributes& attributes) {
  const std::vector<std::int64_t> widths = attributes.tuple("pad_width");
  const bool images = widths.size() == 8 && std::all_of(widths.begin(), widths.begin() + 4,
                                                        [](std::int64_t w) { return w == 0; });
  if (!images) {
    throw Error(fmt::format("attribute 'pad_width' is {}, supported is padding of height and width "
                            "of [N,C,H,W]",
                            tuple_text(widths)),
                ErrorKind::unsupported);
  }
  return {widths[4], widths[6], widths[5], widths[7]};
}

Convolution convolution_from(const Attributes& attributes) {
  attributes.expect("layout", {"NCHW"});
  const Extent2d stride = extent_from(attributes, "stride");
  const Extent2d dilation = extent_from(attributes, "dilate");
  return {.stride = stride,
          .dilation = dilation,
          .padding = padding_from(attributes),
          .groups = attributes.integer("num_group", 1),
          .has_bias = !attributes.flag("no_bias", false),
          .has_residual = false,
          .activation = {}};
}

Shape convolution_weight_shape(const Attributes& attributes, std::int64_t channels) {
  const std::int64_t groups = attributes.integer("num_group", 1);
  if (groups < 1) throw Error(fmt::format("attribute 'num_group' is {}", groups));
  if (attributes.tuple("kernel").empty()) throw Error("attribute 'kernel' is missing");
  const Extent2d kernel = extent_from(attributes, "kernel");
  return {attributes.integer("num_filter", std::nullopt), channels / groups, kernel.h, kernel.w};
}

ActivationSpec activation_from(std::string_view op, const Attributes& attributes) {
  if (op == "clip") {
    return {ActivationKind::clip, attributes.number("a_min", std::nullopt),
            attributes.number("a_max", std::nullopt)};
  }
  std::string_view function = op;
  if (op == "LeakyReLU") function = attributes.text("act_type", "leaky");
  if (op == "Activation") {
    function = attributes.text("act_type", "");
    if (function == "leaky") function = "";  // LeakyReLU's
  }
  if (function == "relu") return {ActivationKind::relu};
  if (function == "sigmoid") return {ActivationKind::sigmoid};
  if (function == "tanh") return {ActivationKind::tanh};
  if (function == "leaky") return {ActivationKind::leaky, attributes.number("slope", 0.25F)};
  throw Error(fmt::format("act_type '{}', supported are relu, sigmoid, tanh, leaky",
                          attributes.text("act_type", op)),
              ErrorKind::unsupported);
}

}  // namespace qbench
