// One convolution on the device, in one of the ways there are to compute it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/cudnn/device/kernel_store.h"
#include "engine/backends/cudnn/device/library.h"
#include "engine/backends/cudnn/device/memory.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

// The library on one device and one stream.
class Session {
 public:
  // Throws Error (environment), or (unsupported) where the GPU is too old.
  explicit Session(int device);

  // Makes the device that of the calling thread.
  void enter() const;
  int device() const { return device_; }
  const Stream& stream() const { return stream_; }
  const Target& target() const { return *target_; }
  // For another thread.
  std::shared_ptr<const Target> make_target() const { return std::make_shared<Target>(stream_); }
  // Whether a kernel has gone so wrong that nothing runs any more in this process.
  bool is_lost() const;
  // Device and library, as far as the choice of kernels may depend on them.
  const std::string& identity() const { return identity_; }

 private:
  int device_;
  std::string identity_;
  Stream stream_;
  std::shared_ptr<const Target> target_;
};

// A kernel of the library for a step, and our own for what that leaves.
class LibraryConvolution {
 public:
  // `kernel` is made for the step and the way.
  LibraryConvolution(const Session& session, const Step& step, const Way& way,
                     std::shared_ptr<const LibraryKernel> kernel);

  // Sums that have no other place, and the library's own workspace behind them.
  std::size_t workspace_bytes() const { return sums_bytes_ + kernel_->plan.workspace_bytes(); }
  // Where operands and workspace are from now on. `pointers` by position, null where absent.
  void bind(std::span<std::byte* const> pointers, std::byte* workspace);
  // Puts it on the session's stream.
  void run() const;

 private:
  const Session& session_;
  Way way_;
  OperationGraph operations_;
  std::shared_ptr<const LibraryKernel> kernel_;
  std::vector<float> numbers_;  // given by value
  Descriptor addresses_;
  Step rest_;  // EpilogueWork
  std::vector<std::byte*> rest_pointers_;
  std::size_t sums_bytes_ = 0;
};

}  // namespace qbench::cudnn
