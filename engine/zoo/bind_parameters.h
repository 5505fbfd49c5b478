// Trained weights for the networks of the zoo.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/core/tensor.h"
#include "engine/zoo/zoo.h"

namespace qbench {

using NamedTensors = std::map<std::string, std::shared_ptr<const Tensor>, std::less<>>;

// The network with the arrays in place of its parameters, by name: as a checkpoint has them
// ("arg:conv0_weight", "aux:bn0_moving_mean"), as Gluon's save_parameters ("features.0.weight") or
// as Gluon's blocks ("resnetv13_conv0_weight", whatever the network's number).
//
// `file` is for messages. Throws Error naming the parameter, both shapes or the nearest name,
// unless every parameter has one f32 array of its shape and every array is a parameter's.
Graph bind_parameters(const ZooNetwork& network, const NamedTensors& arrays,
                      const std::string& file);

}  // namespace qbench
