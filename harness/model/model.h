// A model as the harness handles it: files and preprocessing in, graphs ready to compile out.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/transform.h"
#include "engine/backends/backend.h"
#include "engine/calibration/calibrate.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "harness/model/excluded.h"

namespace qbench {

// A network ready to be compiled, batch 1.
struct LoadedModel {
  Graph graph;                 // FP32: after the passes; a saved INT8 model: as it was saved
  bool quantized = false;      // loaded from a saved INT8 model
  std::string hash;            // content of the imported graph
  Shape image_shape{};         // [C,H,W] that the network reads; rank 0: no image
  std::size_t file_bytes = 0;  // of all files that it is in
  std::vector<PassResult> passes;
  AbsorbedLayers absorbed;           // layers of the file that the passes took away
  std::vector<std::string> notices;  // what a user should know of the files though they were read
};

// As it is in the files, batch 1; the symbol may be a network of the zoo ("zoo:NAME"). Where
// neither the options nor the file say the shape of the image, 3,224,224 is taken (`usual_shape`
// where it is given), and a notice says so. Without a parameter file, parameters are drawn from the
// seed.
Graph import_network(const ModelFiles& files, const ImportOptions& options);
LoadedModel load_model(const ModelFiles& files, const ImportOptions& options);

// The documented image shape where the zoo knows the name, else 3,224,224.
Shape usual_image_shape(std::string_view model_name);

// Mean and deviation of pixels 0..255, by channel.
struct PixelScale {
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
};
// How images become the network's input; a network on grey images takes the first mean and the
// first std, and a notice says so where they are not all equal. Throws Error where the network
// reads anything but images of 3 channels or 1.
Preprocess preprocess_for(LoadedModel& model, const PixelScale& scale);

// Size and content hash of a model's file, with the files that hold its data. Throws Error where
// one cannot be read.
std::size_t bytes_with_data(const std::string& file);
std::string hash_with_data(const std::string& file);

bool is_quantized(const Graph& graph);

// Names as users know them from the file, as names of the optimized graph: leaving out a part of a
// fused layer leaves out all of it. Names the file does not have stay as they are.
std::vector<std::string> layers_to_exclude(const LoadedModel& model,
                                           std::span<const std::string> names);

// Which images calibrate, and how they are brought to the network.
struct CalibrationData {
  const Dataset& dataset;
  Preprocess preprocess;
  std::int64_t first = 0;  // images left out at the beginning
  int batch_size = 32;
  int decode_threads = 1;
  // Unless said: where the images lie by class, so that some of every class are seen.
  std::optional<bool> shuffle{};
  std::uint64_t shuffle_seed = 0;

  bool shuffled() const { return shuffle.value_or(dataset.lies_by_class()); }
};

// Where a network is run.
struct Place {
  const Backend& backend;
  int threads = 1;
  int device = 0;  // 0 .. Backend::devices() - 1
};

// Runs the calibration set through the FP32 network once. With `table_dir` set, tables whose
// content key matches are read from there instead, and new ones are written there; `reused` tells
// which.
struct Calibrated {
  CalibrationResult result;
  bool reused = false;
};
Calibrated calibrate_model(const LoadedModel& model, const QuantScheme& scheme, const Place& place,
                           const CalibrationData& data, std::span<const std::string> modes,
                           std::span<const int> batches, const std::string& table_dir);

// The documented names of a quantized model in `directory`:
// MODEL-quantized[-<N>batches-<mode>]-symbol.json and MODEL-quantized-0000.params.
ModelFiles quantized_files(const std::string& directory, const std::string& model,
                           const std::string& mode, int batches);

// Throws Error (unsupported) saying why the backend cannot run on this machine, lacks the float
// arithmetic or the device, and what there is instead.
void check_can_run(const Backend& backend, const CompileOptions& options);

// Compiles for a batch size. Throws Error (unsupported) where check_can_run does, or naming the
// node that the backend cannot run.
std::unique_ptr<Executable> compile_model(const Graph& graph, const Backend& backend,
                                          int batch_size, const CompileOptions& options);

}  // namespace qbench
