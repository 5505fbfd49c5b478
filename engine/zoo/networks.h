// The networks of the zoo: each adds its layers to the builder and gives its output.
#pragma once

#include "engine/zoo/network_builder.h"

namespace qbench {

NodeId resnet50_v1(NetworkBuilder& b);   // resnet_v1.cc
NodeId resnet101_v1(NetworkBuilder& b);  // resnet_v1.cc
NodeId squeezenet(NetworkBuilder& b);
NodeId mobilenet(NetworkBuilder& b);
NodeId inception_v3(NetworkBuilder& b);
NodeId resnet152_v2(NetworkBuilder& b);
NodeId inception_bn(NetworkBuilder& b);
NodeId ssd_vgg16_reduced(NetworkBuilder& b);  // ssd.cc

}  // namespace qbench
