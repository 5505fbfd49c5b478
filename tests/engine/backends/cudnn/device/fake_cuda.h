// CUDA and cuDNN as the backend uses them, on the host: memory is host memory, streams run at once,
// kernels are loops, and the library has none. Linked instead of the real ones.
#pragma once

#include <cstddef>

namespace qbench::cudnn {

struct FakeCuda {
  bool can_record = true;  // a stream's work as a graph
  int launches = 0;        // of recorded graphs
  int steps = 0;           // put on a stream
  std::size_t memory = 0;  // bytes in use
  std::size_t most_memory = std::size_t{1} << 30;
};
FakeCuda& fake_cuda();

}  // namespace qbench::cudnn
