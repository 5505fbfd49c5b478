// The library that knows a GPU's clock, as the driver has it: of one GPU, with what a test says. It
// has the name of the real one, so that it is the one that is loaded.
#pragma once

namespace qbench::cudnn {

struct FakeNvml {
  bool knows_gpu = true;
  unsigned mhz = 1980;  // 0: it cannot tell
  bool tells_reasons = true;
  unsigned long long reasons = 0;  // why it is not more
};
FakeNvml& fake_nvml();

}  // namespace qbench::cudnn
