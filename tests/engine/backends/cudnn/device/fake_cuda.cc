#include "tests/engine/backends/cudnn/device/fake_cuda.h"

#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/kernels/dispatch.h"

namespace qbench::cudnn {
namespace {

using Recording = std::vector<std::function<void()>>;

Recording* recording = nullptr;  // while a stream is being recorded

}  // namespace

void run_or_record(std::function<void()> work) {
  if (recording != nullptr) {
    recording->push_back(std::move(work));
  } else {
    work();
  }
}

bool is_recording() { return recording != nullptr; }

FakeCuda& fake_cuda() {
  static FakeCuda fake;
  return fake;
}

void launch_step(const Step& step, std::span<std::byte* const> pointers, cudaStream_t) {
  check(cudaGetLastError(), "could not launch a kernel");
  std::vector<std::byte*> places(pointers.begin(), pointers.end());
  run_or_record([step, places] {
    ++fake_cuda().steps;
    dispatch(step, places, [](std::int64_t count, const auto& functor) {
      for (std::int64_t i = 0; i < count; ++i) functor(i);
    });
  });
}

void launch_fill(std::byte* data, DType dtype, std::int64_t elements, float low, float high,
                 std::uint32_t seed, cudaStream_t) {
  for (std::int64_t i = 0; i < elements; ++i)
    kernels::store(data, dtype, i,
                   low + (high - low) * static_cast<float>((i * 31 + seed) % 101) / 101);
}

}  // namespace qbench::cudnn

using qbench::cudnn::fake_cuda;
using qbench::cudnn::recording;
using Clock = std::chrono::steady_clock;

extern "C" {

// Beside the bytes, in front of them, how many there are.
cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  constexpr std::size_t kFront = 256;
  if (fake_cuda().memory + bytes > fake_cuda().most_memory) {
    fake_cuda().has_error = true;
    return cudaErrorMemoryAllocation;
  }
  const std::size_t whole = (bytes + 2 * kFront - 1) / kFront * kFront;
  auto* all = static_cast<std::byte*>(std::aligned_alloc(kFront, whole));
  std::memset(all, 0xFF, whole);  // NaN
  std::memcpy(all, &bytes, sizeof bytes);
  fake_cuda().memory += bytes;
  *data = all + kFront;
  return cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  auto* all = static_cast<std::byte*>(data) - 256;
  std::size_t bytes = 0;
  std::memcpy(&bytes, all, sizeof bytes);
  fake_cuda().memory -= bytes;
  std::free(all);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** data, std::size_t bytes) {
  *data = std::malloc(bytes);
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* data) {
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = fake_cuda().most_memory;
  *free = *total - fake_cuda().memory - 1000;  // for itself
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t) {
  std::memset(data, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(std::malloc(1));
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::free(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return fake_cuda().is_lost ? cudaErrorIllegalAddress : cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (!fake_cuda().can_record) return cudaErrorStreamCaptureUnsupported;
  recording = new qbench::cudnn::Recording;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = reinterpret_cast<cudaGraph_t>(recording);
  recording = nullptr;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  *ready = reinterpret_cast<cudaGraphExec_t>(
      new qbench::cudnn::Recording(*reinterpret_cast<qbench::cudnn::Recording*>(graph)));
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<qbench::cudnn::Recording*>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete reinterpret_cast<qbench::cudnn::Recording*>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  ++fake_cuda().launches;
  for (const auto& work : *reinterpret_cast<qbench::cudnn::Recording*>(graph)) work();
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = reinterpret_cast<cudaEvent_t>(new Clock::time_point);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete reinterpret_cast<Clock::time_point*>(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  *reinterpret_cast<Clock::time_point*>(event) = Clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) {
  const auto elapsed =
      *reinterpret_cast<Clock::time_point*>(to) - *reinterpret_cast<Clock::time_point*>(from);
  *ms = std::chrono::duration<float, std::milli>(elapsed).count();
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "no real GPU");
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* bus, int length, int) {
  std::snprintf(bus, static_cast<std::size_t>(length), "%s", qbench::cudnn::kFakeBus);
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  return std::exchange(fake_cuda().has_error, false) ? cudaErrorUnknown : cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "an error";
}

}  // extern "C"
