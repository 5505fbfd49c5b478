// What a backend is: it turns a graph into a plan once, and runs the plan many times.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"
#include "engine/graph/graph.h"

namespace qbench {

// Sees the f32 values of one observed node for one or more images of the batch, in any order within
// the call and without padding elements. Called from worker threads: calls with the same `worker`
// (0 .. threads-1) never overlap, calls with different ones do.
using ObserveFunction =
    std::function<void(int worker, std::size_t observed, std::span<const float> values)>;

// How f32 graphs are computed. Quantized values are always integers.
enum class FloatMath : std::uint8_t {
  f32,   // IEEE single precision
  tf32,  // f32 values, products of 10-bit mantissas (NVIDIA tensor cores)
  f16,   // f16 values and parameters, f32 sums
};

struct CompileOptions {
  int threads = 1;
  // Names of f32 nodes (inputs included) whose values `run` shows to its ObserveFunction.
  // Compiling with observed nodes also makes every image's values independent of batch size and
  // thread count, bit for bit.
  std::vector<std::string> observed;
  // Split a batch over the threads (one image per thread, weights shared) instead of splitting each
  // layer. Never used for batch 1.
  bool split_batch = true;
  // Faster convolution algorithms with another rounding (Winograd) in f32. Always off when
  // observing.
  bool winograd = true;
  // Throws Error (unsupported) where the backend lacks it: Backend::float_maths.
  FloatMath float_math = FloatMath::f32;
  int device = 0;  // 0 .. Backend::devices() - 1
};

struct MemoryUse {  // bytes
  std::size_t weights = 0;
  std::size_t arena = 0;    // activations, all workers together
  std::size_t scratch = 0;  // the library's workspace, all workers together
  std::size_t library = 0;  // on a GPU: what its libraries and kernels take beside
};

// Where the time of one run on a GPU went, by its own clock.
struct DeviceTimes {
  double to_device_ns = 0;
  double compute_ns = 0;
  double to_host_ns = 0;
};

// The processor's clock at the moment.
struct ClockState {
  double mhz = 0;
  bool throttled = false;  // reduced against heat or by a failing power supply
};

struct LayerTime {
  std::string node;
  std::string op;              // "Convolution", "reorder", ...
  std::string implementation;  // the library's name for the kernel, or the backend's own
  std::string dtypes;          // "u8 s8 -> u8"
  std::int64_t macs = 0;       // for the whole batch
  std::int64_t bytes = 0;      // read and written, weights once for each run
  int threads = 1;             // that worked on it together
  double median_ns = 0;        // for the whole batch
};

// Kernel -> how many convolutions and fully connected layers with f32 values it computes. Kernels
// round differently: two executables of a network give the same bits only where these are equal.
// Sums of integers are exact, whichever kernel computes them.
using Algorithms = std::map<std::string, int>;

// One run at a time per executable.
class Executable {
 public:
  virtual ~Executable() = default;

  // Inputs and outputs in the graph's order, f32, row-major, whole batch. Allocates nothing.
  virtual void run(std::span<const std::span<const float>> inputs,
                   std::span<const std::span<float>> outputs) = 0;
  // The same, showing the observed nodes.
  virtual void run_observed(std::span<const std::span<const float>> inputs,
                            std::span<const std::span<float>> outputs,
                            const ObserveFunction& observe) = 0;

  virtual MemoryUse memory() const = 0;
  // Empty where there is one way to compute a layer.
  virtual Algorithms algorithms() const { return {}; }
  // Of the latest run; nothing on the CPU.
  virtual std::optional<DeviceTimes> device_times() const { return std::nullopt; }
  // Of what computes; nothing where it is not told. May take as long as a short run.
  virtual std::optional<ClockState> clock() const { return std::nullopt; }
  // Time of each step over `repeats` runs, in execution order.
  virtual std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                         std::span<const std::span<float>> outputs,
                                         int repeats) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  virtual std::string description() const = 0;  // library and version
  // Why it cannot run on this machine ("no NVIDIA GPU"); nothing when it can.
  virtual std::optional<std::string> unavailable() const { return std::nullopt; }
  virtual int devices() const { return 1; }
  virtual std::vector<FloatMath> float_maths() const { return {FloatMath::f32}; }
  // Whether CompileOptions::threads changes anything.
  virtual bool uses_threads() const { return true; }
  // Whether activations may be u8; else the quantizer gives it s8 only.
  virtual bool takes_u8() const { return true; }
  // Why this node cannot run here; nothing when it can.
  virtual std::optional<std::string> unsupported(const Graph& graph, NodeId node) const = 0;
  // Throws Error (unsupported) naming node and reason.
  virtual std::unique_ptr<Executable> compile(const Graph& graph,
                                              const CompileOptions& options) const = 0;
};

}  // namespace qbench
