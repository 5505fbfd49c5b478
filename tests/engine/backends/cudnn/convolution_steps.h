// Convolution steps to test with: every operand at its place.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

struct ConvolutionCase {
  std::string name;
  Arithmetic arithmetic = Arithmetic::s8;
  DType result = DType::s8;
  std::int64_t channels = 16;  // real ones; the step pads them
  std::int64_t outputs = 32;
  std::int64_t groups = 1;
  std::int64_t image = 7;  // height; the width is one more
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t images = 2;
  Layout layout = Layout::channels_last;
  bool multiplier = true;
  bool bias = true;
  bool residual = false;
  bool scales = false;
  float residual_ratio = 1;
  ActivationSpec activation{};
  float unit = 1;
};

inline void PrintTo(const ConvolutionCase& param, std::ostream* out) { *out << param.name; }

// Buffer i is operand i.
Step convolution_step(const ConvolutionCase& c);

// The forms in which convolutions occur in the networks.
std::vector<ConvolutionCase> convolution_cases();

}  // namespace qbench::cudnn
