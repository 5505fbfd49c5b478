// From a step to the functors that compute it.
#pragma once

#include <cstddef>
#include <span>

#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

// Builds the functors of the step and calls launch(std::int64_t count, functor) for each, in the
// order they must run: functor(i) for every i of 0 .. count - 1 in any order, all of them before
// the next launch. `pointers`: where each operand begins, its offset included; null where it is
// absent. Functors are trivially copyable and need no memory but the operands'.
// Serves every kind of work; convolutions by a plain loop, fast only where depthwise.
template <class Launch>
void dispatch(const Step& step, std::span<std::byte* const> pointers, Launch&& launch);

}  // namespace qbench::cudnn
