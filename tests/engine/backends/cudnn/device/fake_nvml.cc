#include "tests/engine/backends/cudnn/device/fake_nvml.h"

#include <cstring>

#include "tests/engine/backends/cudnn/device/fake_cuda.h"

namespace qbench::cudnn {

FakeNvml& fake_nvml() {
  static FakeNvml fake;
  return fake;
}

}  // namespace qbench::cudnn

using qbench::cudnn::fake_nvml;

namespace {

constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;
int initialized = 0;

}  // namespace

extern "C" {

int nvmlInit_v2() {
  ++initialized;
  return 0;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, void** device) {
  if (initialized == 0 || !fake_nvml().knows_gpu || std::strcmp(bus, qbench::cudnn::kFakeBus) != 0)
    return kNotFound;
  *device = &fake_nvml();
  return 0;
}
int nvmlDeviceGetClockInfo(void* device, int kind, unsigned* mhz) {
  const bool multiprocessors = kind == 1;
  if (device != &fake_nvml() || !multiprocessors || fake_nvml().mhz == 0) return kNotSupported;
  *mhz = fake_nvml().mhz;
  return 0;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* bits) {
  if (device != &fake_nvml() || !fake_nvml().tells_reasons) return kNotSupported;
  *bits = fake_nvml().reasons;
  return 0;
}

}  // extern "C"
