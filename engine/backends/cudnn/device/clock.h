// The clock of a GPU, from the library that nvidia-smi uses too (NVML). It comes with the driver
// and is looked for at run time: where it is missing, nothing is known.
#pragma once

#include <optional>

#include "engine/backends/backend.h"

namespace qbench::cudnn {

class DeviceClock {
 public:
  // `device`: as CUDA counts.
  explicit DeviceClock(int device);

  // Of the multiprocessors. Throttled: by heat, or by hardware for any reason; not by the limit of
  // power, at which a GPU may compute steadily.
  std::optional<ClockState> read() const;

 private:
  void* device_ = nullptr;  // NVML's; null where it does not know the GPU
};

}  // namespace qbench::cudnn
