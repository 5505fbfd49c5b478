// A suite: what a YAML file asks to be measured, before any file is looked for. docs/suites.md
// explains every key.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/class_map.h"
#include "engine/core/shape.h"
#include "harness/accuracy/match_detections.h"
#include "harness/measure/measure.h"
#include "reports/judge/gates.h"
#include "reports/record/record.h"

namespace qbench {

struct CalibrationSpec {
  std::string records;     // a data set as open_dataset reads it
  std::int64_t first = 0;  // images left out at the beginning
  int batch_size = 32;
  std::optional<bool> shuffle{};  // nothing: where the images lie by class
  std::int64_t shuffle_seed = 48564309;
};

struct DatasetSpec {
  std::string name;
  std::string records;
  CalibrationSpec calibration;
  std::int64_t skip = 0;    // images left out at the beginning
  std::int64_t count = -1;  // images scored at most; -1: all that remain
  // In the network's order, or the name of a file of them (class_map.h).
  std::vector<std::string> class_names;
  DetectionOptions detection;

  // How its images are opened to be scored. With classes chosen, `class_names` are those alone.
  OpenOptions open_options() const {
    return {.classes = detection.label_classes.empty() ? ClassMap(class_names) : ClassMap()};
  }
};

// Published figures of INT8 are those of one way to calibrate.
struct ExpectedInt8 {
  Documented figures;
  std::string mode;       // empty: any
  int calib_batches = 0;  // 0: any
};

struct ModelSpec {
  std::string name;
  std::string source;
  std::string symbol;  // files as they are looked for
  std::string params;  // empty where `symbol` holds them
  std::string output;  // of several outputs, the one that is taken
  std::string until;   // the node that the network is ended at
  // [C,H,W]; rank 0: as the file says
  Shape image_shape = Shape(std::vector<std::int64_t>{});
  std::array<float, 3> rgb_mean{0, 0, 0};
  std::array<float, 3> rgb_std{1, 1, 1};
  int resize_short = 0;
  std::vector<std::string> excluded_layers;
  bool exclude_first_conv = false;
  Documented expected_fp32;
  ExpectedInt8 expected_int8;
  DatasetSpec dataset;
};

struct Axes {
  std::vector<std::string> precisions{"fp32", "int8"};
  std::vector<std::string> modes{"naive"};
  std::vector<int> calib_batches{5};
  std::vector<std::string> quantized_dtypes{"auto"};
  std::vector<int> batch_sizes{1};
  std::vector<std::string> backends;  // empty: the build's first
  std::vector<int> threads{0};        // 0: one for each core
};

struct Suite {
  std::string name;
  std::string description;
  std::string file;
  std::vector<ModelSpec> models;
  Axes axes;
  MeasureOptions measure;
  double until_margin = 0;       // as of AccuracyJob; 0: all images are scored
  double timeout_seconds = 600;  // of one case
  int memory_limit_mb = 0;       // resident, of one case; 0: none
  std::vector<Gate> gates;
  // What the command line changed: the images that are scored, and the options that leave out cases
  // ("--models, --filter").
  bool other_images = false;
  std::string narrowed_by;

  void narrow(std::string_view option) {
    narrowed_by += (narrowed_by.empty() ? "" : ", ") + std::string(option);
  }
};

// Throws Error as FILE:LINE:COLUMN: what was found, what was expected.
Suite load_suite(const std::string& path);
Suite parse_suite(const std::string& text, const std::string& file);

// What the command line puts in place of the suite's own values; empty or negative: nothing.
struct Overrides {
  std::vector<std::string> models;
  std::vector<std::string> modes;
  std::vector<int> calib_batches;
  std::vector<int> batch_sizes;
  std::vector<std::string> backends;
  std::vector<int> threads;
  std::vector<std::string> precisions;
  std::vector<std::string> quantized_dtypes;
  std::string dataset;  // replaces the records of every model, for calibration too
  std::int64_t skip = -1;
  std::int64_t limit = -1;  // images scored
  double until_margin = 0;  // as of Suite
  bool pin = false;         // as of MeasureOptions
  bool quick = false;       // fewer images and samples: to see that all of it runs
};

// Whether it scores other images, and what it leaves out: `other_images` and `narrowed_by` of the
// suite, which apply() sets too.
void note_changes(const Overrides& overrides, Suite& suite);

// Throws Error naming the option.
void apply(const Overrides& overrides, Suite& suite);

// Finds NAME.yaml in the directories, or takes the text as a path when it looks like one. Throws
// Error listing the suites there are.
std::string find_suite(const std::string& name_or_file,
                       const std::vector<std::string>& directories);
// Where suites lie: ../share/qbench/suites beside the executable, and the source tree's.
std::vector<std::string> suite_directories();
// Names of all suites in the directories, sorted.
std::vector<std::string> list_suites(const std::vector<std::string>& directories);

}  // namespace qbench
