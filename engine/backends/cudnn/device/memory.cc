#include "engine/backends/cudnn/device/memory.h"

#include <fmt/format.h>

#include <atomic>

#include "engine/backends/cudnn/device/check.h"

namespace qbench::cudnn {
namespace {

std::atomic<std::size_t> in_use = 0;

}  // namespace

DeviceMemory::DeviceMemory(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* data = nullptr;
  check(cudaMalloc(&data, bytes), fmt::format("could not allocate {} bytes of GPU memory", bytes));
  in_use += bytes;
  data_ = {static_cast<std::byte*>(data), FreeDeviceMemory{bytes}};
}

void FreeDeviceMemory::operator()(std::byte* data) const {
  cudaFree(data);
  in_use -= bytes;
}

std::size_t DeviceMemory::bytes_in_use() { return in_use; }

PinnedMemory::PinnedMemory(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* data = nullptr;
  check(cudaMallocHost(&data, bytes),
        fmt::format("could not allocate {} bytes of pinned memory", bytes));
  data_.reset(static_cast<std::byte*>(data));
}

Stream::Stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "could not create a stream");
  stream_.reset(stream);
}

void Stream::wait() const { check(cudaStreamSynchronize(get()), "could not run the network"); }

Event::Event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "could not create an event");
  event_.reset(event);
}

void Event::record(const Stream& stream) {
  check(cudaEventRecord(event_.get(), stream.get()), "could not record an event");
}

double Event::until(const Event& later) const {
  float ms = 0;
  check(cudaEventElapsedTime(&ms, event_.get(), later.event_.get()), "could not read a time");
  return static_cast<double>(ms) * 1e6;
}

bool LaunchGraph::begin(const Stream& stream) {
  const bool begun =
      cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal) == cudaSuccess;
  if (!begun) cudaGetLastError();  // taken note of: the next call begins without it
  return begun;
}

std::unique_ptr<LaunchGraph> LaunchGraph::end(const Stream& stream) {
  cudaGraph_t recorded = nullptr;
  auto made = std::make_unique<LaunchGraph>();
  cudaGraphExec_t ready = nullptr;
  const bool good = cudaStreamEndCapture(stream.get(), &recorded) == cudaSuccess &&
                    cudaGraphInstantiate(&ready, recorded, 0) == cudaSuccess;
  if (recorded != nullptr) cudaGraphDestroy(recorded);
  if (!good) {
    cudaGetLastError();
    return nullptr;
  }
  made->graph_.reset(ready);
  return made;
}

void LaunchGraph::launch(const Stream& stream) const {
  check(cudaGraphLaunch(graph_.get(), stream.get()), "could not launch the network");
}

}  // namespace qbench::cudnn
