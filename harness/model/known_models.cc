#include "harness/model/known_models.h"

#include <algorithm>

namespace qbench {
namespace {

constexpr std::array<float, 3> kMean{123.68F, 116.779F, 103.939F};
constexpr std::array<float, 3> kStd{58.393F, 57.12F, 57.375F};
constexpr std::array<float, 3> kZero{0, 0, 0};
constexpr std::array<float, 3> kOne{1, 1, 1};

constexpr std::array kKnownModels = {
    KnownModel{"resnet50_v1", "Gluon-CV", "3,224,224", kMean, kStd},
    KnownModel{"resnet101_v1", "Gluon-CV", "3,224,224", kMean, kStd},
    KnownModel{"squeezenet1.0", "Gluon-CV", "3,224,224", kMean, kStd},
    KnownModel{"mobilenet1.0", "Gluon-CV", "3,224,224", kMean, kStd},
    KnownModel{"inceptionv3", "Gluon-CV", "3,299,299", kMean, kStd},
    KnownModel{"imagenet1k-resnet-152", "MXNet ModelZoo", "3,224,224", kZero, kOne},
    KnownModel{"imagenet1k-inception-bn", "MXNet ModelZoo", "3,224,224", kMean, kOne},
};

}  // namespace

std::span<const KnownModel> known_models() { return kKnownModels; }

const KnownModel* find_known_model(std::string_view name) {
  const auto* found = std::ranges::find(kKnownModels, name, &KnownModel::name);
  return found == kKnownModels.end() ? nullptr : found;
}

}  // namespace qbench
