// CUDA and cuDNN as the backend uses them, on the host: memory is host memory, streams run at once,
// kernels are loops. Linked instead of the real ones.
#pragma once

#include <cstddef>
#include <functional>

namespace qbench::cudnn {

inline constexpr const char* kFakeBus = "0000:17:00.0";

struct FakeCuda {
  bool can_record = true;  // a stream's work as a graph
  bool is_lost = false;    // after a kernel that went wrong: all that waits fails
  bool has_error = false;  // that nobody has asked for, for which the next launch is blamed
  int launches = 0;        // of recorded graphs
  int steps = 0;           // put on a stream
  std::size_t memory = 0;  // bytes in use
  std::size_t most_memory = std::size_t{1} << 30;
};
FakeCuda& fake_cuda();

// Does what a kernel does now, or when the stream's recording is launched.
void run_or_record(std::function<void()> work);

bool is_recording();

// Kernels of the library: number 1 is right, number 2 is wrong, number 3 cannot be made; where
// number 1 cannot be recorded there is number 4, right and slow.
struct FakeCudnn {
  bool has_fused = false;  // for graphs of more than the sums
  bool has_sums = false;
  bool has_right = true;
  bool first_can_be_recorded = true;  // number 1
  bool second_breaks_device = false;  // number 2
  int fails_from = -1;                // execution from which on all fail; -1: never
  int executions = 0;
  int handles_shared = 0;  // by two threads, or a kernel run by another than its own
};
FakeCudnn& fake_cudnn();

}  // namespace qbench::cudnn
