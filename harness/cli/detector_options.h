// The options of MXNet's example/ssd scripts (evaluate.py, benchmark_score.py), which qbench infer
// reads beside its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "harness/accuracy/match_detections.h"
#include "harness/cli/model_options.h"
#include "harness/cli/options.h"

namespace qbench {

struct DetectorOptions {
  std::string prefix;  // the files' name without network and size
  std::string network = "vgg16_reduced";
  int epoch = 0;
  int data_shape = 300;  // side of the square image
  bool deploy = false;
  int class_count = -1;
  std::array<double, 3> mean{-1, -1, -1};  // R, G, B; -1: not given
  std::string rec_path;
  std::int64_t batches = -1;
  double nms = -1;
  bool force = false;
  double overlap = 0.5;
  bool use_difficult = false;
  bool no_voc07 = false;
  bool cpu = false;
  std::string gpus;
  std::string list_path;

  void add_to(Options& options);

  // Puts what was given in the place of qbench's own options of the same meaning. With --prefix,
  // what was not given is as in the documented script.
  void apply(const Options& options, ModelOptions& model, BackendOptions& backend,
             std::string& dataset, std::int64_t& inference_batches) const;

  // Sets the overlaps at which detections are suppressed, where they were given.
  void apply(const Options& options, Graph& graph) const;

  // How boxes are judged. Throws Error when --overlap makes no sense.
  DetectionOptions judging() const;

  // Of a detector with `classes` classes, whose data set calls them so; with --prefix those of VOC
  // where it has no names. Throws Error when --num-class is another number.
  std::vector<std::string> names(std::int64_t classes, std::vector<std::string> of_dataset) const;
};

}  // namespace qbench
