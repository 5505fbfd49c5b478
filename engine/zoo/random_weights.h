// Random weights under which values keep their size and images stay different, however deep the
// network.
//
// Channels come in pairs of opposite sign, as in looks-linear initialization (Balduzzi et al., The
// Shattered Gradients Problem): a layer's filters are w and -w, and it reads a pair with weights v
// and -v. What rectification adds to all images alike then cancels, and what is read of a pair,
// max(z, 0) - max(-z, 0), is z again.
//
// Everything here is additions, multiplications, divisions and square roots in a fixed order: the
// same on every platform.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"

namespace qbench {

// What is known of a value, by channel.
struct Signal {
  std::vector<double> mean;   // that images have in common
  std::vector<double> power;  // variance; of a rectified pair: the variance of their difference
  bool paired = false;        // channels 2i and 2i + 1 belong together
};

// splitmix64. Streams of different names are independent.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);
  double uniform(double low, double high);
  double normal();  // nearly: the sum of four uniform numbers; mean 0, variance 1, within +-3.46

 private:
  std::uint64_t bits();
  std::uint64_t state_;
};

struct DrawnWeights {
  Tensor weight;
  Signal output;  // without a bias
};

// Weights [O, I, ...] whose outputs have the standard deviation `gain`, times 0.5 to 1.5 by
// channel. With `pairs` (O is even) the outputs are paired.
DrawnWeights draw_dense(const Shape& shape, const Signal& input, double gain, bool pairs,
                        RandomStream random);
// Weights [C, 1, ...] of as many groups; both channels of a pair have the same.
DrawnWeights draw_depthwise(const Shape& shape, const Signal& input, RandomStream random);

// One value for each channel, or for each pair.
std::vector<double> draw_vector(const Signal& signal, double low, double high, RandomStream random);

}  // namespace qbench
