// CUDA and cuDNN as the backend uses them, on the host: memory is host memory, streams run at once,
// kernels are loops. Linked instead of the real ones.
#pragma once

#include <cstddef>
#include <functional>

namespace qbench::cudnn {

inline constexpr const char* kFakeBus = "0000:17:00.0";

struct FakeCuda {
  bool can_record = true;  // a stream's work as a graph
  int launches = 0;        // of recorded graphs
  int steps = 0;           // put on a stream
  std::size_t memory = 0;  // bytes in use
  std::size_t most_memory = std::size_t{1} << 30;
};
FakeCuda& fake_cuda();

// Does what a kernel does now, or when the stream's recording is launched.
void run_or_record(std::function<void()> work);

// Kernels of the library: number 1 is right, number 2 is wrong, number 3 cannot be made.
struct FakeCudnn {
  bool has_fused = false;  // for graphs of more than the sums
  bool has_sums = false;
  bool has_right = true;
  int executions = 0;
};
FakeCudnn& fake_cudnn();

}  // namespace qbench::cudnn
