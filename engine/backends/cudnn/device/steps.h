// The steps of a plan, bound to memory of the device and ready to be put on a stream.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cudnn/device/convolution.h"
#include "engine/backends/cudnn/device/tuner.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

// Where the buffers of a plan are on the device.
class PlanMemory {
 public:
  // Uploads the constants. `plan` must outlive it.
  PlanMemory(const Plan& plan, const Stream& stream);

  std::byte* address(const View& view) const { return address(view.buffer, view.offset); }
  std::byte* input(std::size_t i) const { return inputs_[i]; }
  std::byte* output(std::size_t i) const { return outputs_[i]; }

 private:
  std::byte* address(BufferId buffer, std::size_t offset) const;

  const Plan& plan_;
  DeviceMemory constants_;
  DeviceMemory arena_;
  DeviceMemory external_;
  std::vector<std::byte*> constant_places_;
  std::vector<std::byte*> inputs_;
  std::vector<std::byte*> outputs_;
};

class BoundSteps {
 public:
  // Without `tuner` convolutions are our own kernels': every value then depends on its own image
  // alone, bit for bit. `plan` and `session` must outlive it.
  BoundSteps(const Plan& plan, const PlanMemory& memory, const Session& session, Tuner* tuner);

  std::size_t size() const { return steps_.size(); }
  std::size_t workspace_bytes() const { return workspace_.bytes(); }
  // Runs all of them once, which loads what is loaded at first use. A step whose kernel of the
  // library fails is our own kernel's from then on. Throws Error where that fails too.
  void load();
  // Puts step i, or all of them, on the session's stream.
  void run(std::size_t i) const;
  void run_all() const;
  // Without the time.
  LayerTime describe(std::size_t i) const;

 private:
  struct Bound {
    std::vector<std::byte*> pointers;
    Chosen chosen;  // our own kernels, where the library has none
  };
  const Plan& plan_;
  const Session& session_;
  std::vector<Bound> steps_;
  DeviceMemory workspace_;
};

}  // namespace qbench::cudnn
