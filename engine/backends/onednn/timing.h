// How long kernels take on this machine, measured while a plan is made. Only for a choice between
// kernels that give the same bits, which sums of integers are: results depend on no clock.
#pragma once

#include "engine/backends/onednn/int8_convolution.h"
#include "engine/backends/onednn/library/library.h"

namespace qbench::onednn {

// Milliseconds of one run of a kernel that reads integers (others are an Error) with the calling
// thread's number of OpenMP threads, on memory of its own: the best of a few. Remembered by shape
// for the life of the process.
double measured_ms(const dnnl::engine& engine, const Kernel& kernel);
double measured_ms(kernels::Int8Convolution shape);

}  // namespace qbench::onednn
