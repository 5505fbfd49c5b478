// One stretch of memory in huge pages, where the system gives them.
#pragma once

#include <cstddef>
#include <memory>

namespace qbench::onednn {

// FP32 networks run 1 to 3 % slower with pages of 4 KiB.
class MemoryBlock {
 public:
  MemoryBlock() = default;
  // Throws Error (environment) when memory runs out.
  explicit MemoryBlock(std::size_t bytes);

  std::byte* data() const { return data_.get(); }  // aligned to 64 bytes at least

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace qbench::onednn
