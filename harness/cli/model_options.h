// Options that the commands on one model share: files, preprocessing, backend, data set. Names and
// defaults follow the documented MXNet scripts, except where docs/from-mxnet.md says otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/transform.h"
#include "engine/backends/backend.h"
#include "engine/formats/formats.h"
#include "harness/cli/options.h"
#include "harness/model/model.h"

namespace qbench {

struct ModelOptions {
  std::string model;        // name; files model/NAME-symbol.json and model/NAME-0000.params
  std::string symbol_file;  // instead of the name's
  std::string param_file;
  std::string image_shape;  // "C,H,W"; empty: as the file says
  std::string usual_shape;  // where the file does not say either; empty: as documented for the name
  std::string output;       // of several outputs, the one that is taken
  std::string until;        // the node that the network is ended at
  std::array<float, 3> rgb_mean{0, 0, 0};
  std::array<float, 3> rgb_std{1, 1, 1};
  int batch_size = 32;
  std::string label_name =
      "softmax_label";  // labels are recognised by their use; kept for old scripts

  // Of the zoo's networks, which `model` names where there are no files of that name.
  double width = 1;
  std::int64_t classes = 0;
  std::int64_t seed = 0;
  bool random_weights = false;

  // `output_option` is what the command calls the choice of an output.
  void add_to(Options& options, const std::string& output_option = "output");
  // Mean and deviation that were not given, as the zoo knows them by the name.
  void use_documented(const Options& options);

  ModelFiles files() const;
  // Throws Error unless there are parameters, or random ones were asked for.
  void expect_weights(const ModelFiles& files) const;
  std::string name() const;  // as given, or from the symbol file's name
  // Throws Error naming the option.
  ImportOptions import_options() const;
  PixelScale pixel_scale() const { return {rgb_mean, rgb_std}; }
};

// A line for each notice, as all commands write them.
void print_warnings(std::FILE* out, std::span<const std::string> warnings);

struct BackendOptions {
  std::string context{};  // --ctx cpu|gpu|gpu(N), as the documented scripts say it
  std::string backend{};
  std::string gpus{};  // --gpus 0,1, as example/ssd says it: takes the place of the context
  int threads = 0;     // 0: one for each core

  void add_to(Options& options);
  // Throws Error saying what there is instead when the backend is not in this build, cannot run
  // here or lacks a device.
  const Backend& find() const;
  int device() const;  // the first of those that were given
  int thread_count() const;
  Place place() const { return {find(), thread_count(), device()}; }

  // The same among these, the default first.
  const Backend& find_among(std::span<const Backend* const> backends,
                            std::span<const std::string_view> absent) const;
};

// --precision: how an FP32 network is computed.
struct PrecisionOption {
  std::string precision = "fp32";

  void add_to(Options& options);
  // Of a loaded model. Throws Error when the name is none, or the model is INT8 and another than
  // fp32 was asked for.
  FloatMath math(bool quantized) const;
  std::string name(bool quantized) const { return quantized ? "int8" : precision; }
};

struct DataOptions {
  int decode_threads = 60;  // never more than there are cores
  bool shuffle = false;
  std::int64_t shuffle_seed = 48564309;
  std::int64_t shuffle_chunk_seed = 3982304;  // had no effect in the documented scripts either

  void add_to(Options& options);
  int thread_count() const;
};

// "3,224,224" -> [3,224,224]. Throws Error naming the option.
Shape parse_image_shape(const std::string& text);

}  // namespace qbench
