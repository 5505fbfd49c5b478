// A descriptor of cuDNN's graph API: attributes are set, then it is made final.
#pragma once

#include <cudnn.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace qbench::cudnn {

class Descriptor {
 public:
  // Throws Error (as all members here) with what the library says.
  explicit Descriptor(cudnnBackendDescriptorType_t type);

  cudnnBackendDescriptor_t get() const { return handle_.get(); }

  void set(cudnnBackendAttributeName_t name, std::int64_t value);
  void set(cudnnBackendAttributeName_t name, std::span<const std::int64_t> values);
  void set(cudnnBackendAttributeName_t name, float value);
  void set(cudnnBackendAttributeName_t name, double value);
  void set(cudnnBackendAttributeName_t name, bool value);
  void set(cudnnBackendAttributeName_t name, cudnnDataType_t value);
  void set(cudnnBackendAttributeName_t name, cudnnConvolutionMode_t value);
  void set(cudnnBackendAttributeName_t name, cudnnPointwiseMode_t value);
  void set(cudnnBackendAttributeName_t name, cudnnBackendHeurMode_t value);
  void set(cudnnBackendAttributeName_t name, cudnnBackendKnobType_t value);
  void set(cudnnBackendAttributeName_t name, cudnnHandle_t value);
  void set(cudnnBackendAttributeName_t name, const Descriptor& value);
  void set(cudnnBackendAttributeName_t name, std::span<const Descriptor> values);
  void set(cudnnBackendAttributeName_t name, std::span<void* const> pointers);
  void set_text(cudnnBackendAttributeName_t name, std::span<const char> text);
  void finalize();

  std::int64_t get_int(cudnnBackendAttributeName_t name) const;
  cudnnBackendKnobType_t get_knob_type(cudnnBackendAttributeName_t name) const;
  std::vector<cudnnBackendNumericalNote_t> get_numerical_notes() const;  // of an engine
  std::vector<cudnnBackendBehaviorNote_t> get_behavior_notes() const;
  // How many descriptors there are; the library does not say it of knobs.
  std::int64_t count_descriptors(cudnnBackendAttributeName_t name) const;
  // Those that the library holds, as descriptors of `type`, up to `most`.
  std::vector<Descriptor> get_descriptors(cudnnBackendAttributeName_t name,
                                          cudnnBackendDescriptorType_t type,
                                          std::int64_t most) const;
  Descriptor get_descriptor(cudnnBackendAttributeName_t name,
                            cudnnBackendDescriptorType_t type) const;

 private:
  struct Destroy {
    void operator()(cudnnBackendDescriptor_t handle) const {
      cudnnBackendDestroyDescriptor(handle);
    }
  };
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
           const void* values);
  std::unique_ptr<void, Destroy> handle_;
};

}  // namespace qbench::cudnn
