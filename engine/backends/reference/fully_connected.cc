// Fully connected layers: one dot product for each output element.
#include "engine/backends/reference/element.h"
#include "engine/backends/reference/epilogue.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

template <class Data, class Weight, class Accumulator>
void multiply(Operands in, const Epilogue& epilogue) {
  const auto features = static_cast<std::size_t>(in[1].type.shape[1]);
  const auto outputs = static_cast<std::size_t>(in[1].type.shape[0]);
  const std::span<const Data> data = in[0].data.data<Data>();
  const std::span<const Weight> weight = in[1].data.data<Weight>();
  for (std::size_t n = 0; n < images(in[0].type.shape); ++n) {
    for (std::size_t o = 0; o < outputs; ++o) {
      Accumulator sum = 0;
      for (std::size_t i = 0; i < features; ++i) {
        sum += static_cast<Accumulator>(data[n * features + i]) *
               static_cast<Accumulator>(weight[o * features + i]);
      }
      epilogue(n, o, n * outputs + o, std::span<const Accumulator>(&sum, 1));
    }
  }
}

}  // namespace

void evaluate(const FullyConnected& op, Operands in, const Result& out, Scratch&) {
  const Epilogue epilogue{.data = in[0],
                          .weight = in[1],
                          .bias = op.has_bias ? &in[2] : nullptr,
                          .residual = nullptr,
                          .activation = op.activation,
                          .out = out};
  switch (in[0].type.dtype) {
    case DType::s8:
      return multiply<std::int8_t, std::int8_t, std::int64_t>(in, epilogue);
    case DType::u8:
      return multiply<std::uint8_t, std::int8_t, std::int64_t>(in, epilogue);
    default:
      return multiply<float, float, double>(in, epilogue);
  }
}

}  // namespace qbench::reference
