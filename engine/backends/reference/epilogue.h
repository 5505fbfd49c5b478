// The end of a convolution or fully connected layer: from accumulators to output values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/backends/reference/kernels.h"

namespace qbench::reference {

struct Epilogue {
  const Operand& data;
  const Operand& weight;
  const Operand* bias;      // or null
  const Operand* residual;  // or null
  ActivationSpec activation;
  const Result& out;

  // Writes the accumulators of image n and channel o to the output's elements from `first` on.
  void operator()(std::size_t n, std::size_t o, std::size_t first,
                  std::span<const double> accumulators) const;
  void operator()(std::size_t n, std::size_t o, std::size_t first,
                  std::span<const std::int64_t> accumulators) const;
};

}  // namespace qbench::reference
