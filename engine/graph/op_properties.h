// What several parts ask of any operator.
#pragma once

#include <variant>

#include "engine/graph/op.h"

namespace qbench {

// The activation fused into `op`; none where there is none.
inline ActivationSpec activation_of(const Op& op) {
  return std::visit(
      [](const auto& o) {
        if constexpr (requires { o.activation; }) return o.activation;
        return ActivationSpec{};
      },
      op);
}

inline bool has_residual(const Op& op) {
  const auto* convolution = std::get_if<Convolution>(&op);
  return convolution != nullptr && convolution->has_residual;
}

// Whether `op` has an INT8 form that picks, moves or cuts off values, and weighs none.
inline bool keeps_integers(const Op& op) {
  return std::visit(Overloaded{
                        [](const Pool&) { return true; },
                        [](const Flatten&) { return true; },
                        [](const Reshape&) { return true; },
                        [](const Transpose&) { return true; },
                        [](const Concat&) { return true; },
                        [](const Pad& o) { return o.value == 0; },
                        [](const Activation& o) {
                          return o.spec.kind == ActivationKind::relu ||
                                 o.spec.kind == ActivationKind::clip;
                        },
                        [](const auto&) { return false; },
                    },
                    op);
}

}  // namespace qbench
