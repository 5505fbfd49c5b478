#include "engine/zoo/zoo.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/zoo/networks.h"

namespace qbench {
namespace {

constexpr std::array<float, 3> kMean{123.68F, 116.779F, 103.939F};
constexpr std::array<float, 3> kStd{58.393F, 57.12F, 57.375F};
constexpr std::array<float, 3> kZero{0, 0, 0};
constexpr std::array<float, 3> kOne{1, 1, 1};
constexpr std::array<std::int64_t, 3> kImage{3, 224, 224};
constexpr std::array<float, 3> kDetectorMean{123, 117, 104};
constexpr auto kClassifier = Task::classification;

constexpr ZooModel kZoo[] = {
    {"resnet50_v1", "Gluon-CV", "residual network of 50 layers", kImage, 1000, kMean, kStd,
     kClassifier, resnet50_v1},
    {"resnet101_v1", "Gluon-CV", "residual network of 101 layers", kImage, 1000, kMean, kStd,
     kClassifier, resnet101_v1},
    {"squeezenet1.0", "Gluon-CV", "fire modules, no batch norm", kImage, 1000, kMean, kStd,
     kClassifier, squeezenet},
    {"mobilenet1.0", "Gluon-CV", "depthwise separable convolutions", kImage, 1000, kMean, kStd,
     kClassifier, mobilenet},
    {"inceptionv3",
     "Gluon-CV",
     "inception modules of the third generation",
     {3, 299, 299},
     1000,
     kMean,
     kStd,
     kClassifier,
     inception_v3},
    {"imagenet1k-resnet-152", "MXNet ModelZoo", "pre-activation residual network of 152 layers",
     kImage, 1000, kZero, kOne, kClassifier, resnet152_v2},
    {"imagenet1k-inception-bn", "MXNet ModelZoo", "inception modules with batch norm", kImage, 1000,
     kMean, kOne, kClassifier, inception_bn},
    {"ssd_vgg16_reduced_300",
     "MXNet example/ssd",
     "single-shot detector on VGG-16",
     {3, 300, 300},
     20,
     kDetectorMean,
     kOne,
     Task::detection,
     ssd_vgg16_reduced},
};

void check(const ZooOptions& options) {
  const Shape& image = options.image_shape;
  const auto fits = [](std::int64_t dim) { return dim >= 1 && dim <= 1 << 14; };
  if (image.rank() != 3 || !std::ranges::all_of(image.dims(), fits)) {
    throw Error(
        fmt::format("image shape {}, expected [C,H,W] of 1 to {}", to_string(image), 1 << 14));
  }
  if (options.classes < 1 || options.classes > 100000)
    throw Error(fmt::format("{} classes, expected 1 to 100000", options.classes));
  if (!(options.width > 0 && options.width <= 4))
    throw Error(fmt::format("width {}, expected above 0 and at most 4", options.width));
  if (options.batch < 1)
    throw Error(fmt::format("batch size {}, expected 1 or more", options.batch));
}

}  // namespace

std::span<const ZooModel> zoo() { return kZoo; }

const ZooModel* find_zoo_model(std::string_view name) {
  const auto* found = std::ranges::find(kZoo, name, &ZooModel::name);
  return found == std::end(kZoo) ? nullptr : found;
}

ZooNetwork build_zoo_model(const ZooModel& model, const ZooOptions& options) {
  ZooOptions complete = options;
  if (complete.image_shape.rank() == 0)
    complete.image_shape = Shape({model.image_shape.begin(), model.image_shape.end()});
  if (complete.classes == 0) complete.classes = model.classes;
  try {
    check(complete);
    NetworkBuilder builder(model, complete);
    const NodeId output = model.layers(builder);
    return std::move(builder).finish(output);
  } catch (const Error& error) {
    throw error.at(std::string(model.name));
  }
}

}  // namespace qbench
