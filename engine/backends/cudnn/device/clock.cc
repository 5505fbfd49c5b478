#include "engine/backends/cudnn/device/clock.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <array>

namespace qbench::cudnn {
namespace {

// Of NVML's interface, which needs no header for so little.
constexpr int kSuccess = 0;
constexpr int kMultiprocessorClock = 1;
constexpr unsigned long long kHardwareSlowdown = 0x08;
constexpr unsigned long long kSoftwareThermalSlowdown = 0x20;
constexpr unsigned long long kHardwareThermalSlowdown = 0x40;
constexpr unsigned long long kPowerBrake = 0x80;
constexpr unsigned long long kThrottled =
    kHardwareSlowdown | kSoftwareThermalSlowdown | kHardwareThermalSlowdown | kPowerBrake;

struct Nvml {
  int (*init)() = nullptr;
  int (*device_by_bus)(const char* bus, void** device) = nullptr;
  int (*clock)(void* device, int kind, unsigned* mhz) = nullptr;
  int (*reasons)(void* device, unsigned long long* bits) = nullptr;

  bool complete() const {
    return init != nullptr && device_by_bus != nullptr && clock != nullptr && reasons != nullptr;
  }
};

template <class Function>
void find(void* library, const char* name, Function*& function) {
  if (function == nullptr) function = reinterpret_cast<Function*>(dlsym(library, name));
}

// Stays loaded until the process ends.
Nvml load() {
  void* const library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return {};
  Nvml nvml;
  find(library, "nvmlInit_v2", nvml.init);
  find(library, "nvmlDeviceGetHandleByPciBusId_v2", nvml.device_by_bus);
  find(library, "nvmlDeviceGetClockInfo", nvml.clock);
  find(library, "nvmlDeviceGetCurrentClocksEventReasons", nvml.reasons);
  find(library, "nvmlDeviceGetCurrentClocksThrottleReasons", nvml.reasons);  // before driver 535
  const bool usable = nvml.complete() && nvml.init() == kSuccess;
  return usable ? nvml : Nvml{};
}

const Nvml& nvml() {
  static const Nvml kNvml = load();
  return kNvml;
}

}  // namespace

DeviceClock::DeviceClock(int device) {
  if (!nvml().complete()) return;
  std::array<char, 32> bus{};
  if (cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), device) != cudaSuccess) {
    cudaGetLastError();
    return;
  }
  if (nvml().device_by_bus(bus.data(), &device_) != kSuccess) device_ = nullptr;
}

std::optional<ClockState> DeviceClock::read() const {
  unsigned mhz = 0;
  if (device_ == nullptr || nvml().clock(device_, kMultiprocessorClock, &mhz) != kSuccess ||
      mhz == 0)
    return std::nullopt;
  unsigned long long reasons = 0;
  const bool told = nvml().reasons(device_, &reasons) == kSuccess;
  return ClockState{.mhz = static_cast<double>(mhz),
                    .throttled = told && (reasons & kThrottled) != 0};
}

}  // namespace qbench::cudnn
