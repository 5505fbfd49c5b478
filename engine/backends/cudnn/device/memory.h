// CUDA's memory, streams and events as objects. All throw Error (environment).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <type_traits>

namespace qbench::cudnn {

struct FreeDeviceMemory {
  std::size_t bytes = 0;
  void operator()(std::byte* data) const;
};

class DeviceMemory {
 public:
  DeviceMemory() = default;  // nothing, null
  explicit DeviceMemory(std::size_t bytes);

  std::byte* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

  // Of all objects of this class in the process.
  static std::size_t bytes_in_use();

 private:
  std::unique_ptr<std::byte, FreeDeviceMemory> data_;
  std::size_t bytes_ = 0;
};

// Host memory that the device copies from and to by itself.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  explicit PinnedMemory(std::size_t bytes);

  std::byte* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* data) const { cudaFreeHost(data); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t bytes_ = 0;
};

class Stream {
 public:
  Stream();
  cudaStream_t get() const { return stream_.get(); }
  void wait() const;

 private:
  struct Destroy {
    void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaStream_t>, Destroy> stream_;
};

class Event {
 public:
  Event();
  void record(const Stream& stream);

  // Nanoseconds from this event to a later one; both are over.
  double until(const Event& later) const;

 private:
  struct Destroy {
    void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Destroy> event_;
};

// What a stream was told to do, as one thing to launch.
class LaunchGraph {
 public:
  // What `record` puts on the stream, which runs nothing of it now. Nothing where CUDA cannot
  // record it; throws what `record` throws.
  template <class Record>
  static std::unique_ptr<LaunchGraph> capture(const Stream& stream, Record&& record) {
    if (!begin(stream)) return nullptr;
    try {
      record();
    } catch (...) {
      end(stream);
      throw;
    }
    return end(stream);
  }
  void launch(const Stream& stream) const;

 private:
  static bool begin(const Stream& stream);
  static std::unique_ptr<LaunchGraph> end(const Stream& stream);

  struct Destroy {
    void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Destroy> graph_;
};

}  // namespace qbench::cudnn
