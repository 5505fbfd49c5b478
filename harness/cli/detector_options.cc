#include "harness/cli/detector_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "datasets/annotations.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::int64_t kDocumentedBatches = 5;
constexpr std::array<float, 3> kDocumentedMean{123, 117, 104};

}  // namespace

void DetectorOptions::add_to(Options& options) {
  options.section("Detectors, as MXNet's evaluate.py and benchmark_score.py");
  options.add(
      "prefix", prefix, "PATH",
      "files PATH[NETWORK]_SIZE-symbol.json and -0000.params; NETWORK where PATH ends in _");
  options.add("network", network, "NAME", "network of such a prefix");
  options.add("data-shape", data_shape, "side of the square image in pixels");
  options.add("shape", data_shape, "the same");
  options.add("epoch", epoch, "number of the prefix's parameter file");
  options.add("deploy", deploy, "accepted: the symbol file is used as it is in any case");
  options.add("num-class", class_count, "number of classes, checked");
  options.add("class-num", class_count, "the same");
  options.add("mean-r", mean[0], "subtracted from red; with --prefix 123");
  options.add("mean-g", mean[1], "from green; 117");
  options.add("mean-b", mean[2], "from blue; 104");
  options.add("rec-path", rec_path, "FILE", "as --dataset; with --prefix data/val.rec");
  options.add("num-batch", batches, "as --num-inference-batches; with --prefix 5");
  options.add("nms", nms, "overlap from which a box is suppressed; else the network's own");
  options.add("force", force, "suppress boxes of other classes, too");
  options.add("overlap", overlap, "a box is found by one that overlaps it by more than this");
  options.add("use-difficult", use_difficult, "count boxes marked difficult, too");
  options.add("no-voc07", no_voc07, "print the area under the curve, not VOC07's 11 points");
  options.add("cpu", cpu, "as --ctx=cpu");
  options.add("gpus", gpus, "N,...", "as --ctx=gpu(N), the first of them, unless --cpu is given");
  options.add("list-path", list_path, "FILE",
              "accepted for old command lines; records hold their labels");
  options.letter("network", 'n');
  options.letter("shape", 'w');
}

void DetectorOptions::apply(const Options& options, ModelOptions& model, BackendOptions& backend,
                            std::string& dataset, std::int64_t& inference_batches) const {
  const bool sized = options.given("data-shape") || options.given("shape");
  if (!prefix.empty()) {
    const std::string path =
        fmt::format("{}{}_{}", prefix, prefix.ends_with('_') ? network : "", data_shape);
    if (!options.given("symbol-file")) model.symbol_file = path + "-symbol.json";
    if (!options.given("param-file"))
      model.param_file = fmt::format("{}-{:04}.params", path, epoch);
    if (!options.given("rgb-mean")) model.rgb_mean = kDocumentedMean;
    if (!options.given("dataset")) dataset = "data/val.rec";
    if (!options.given("num-inference-batches")) inference_batches = kDocumentedBatches;
  }
  const std::string square = fmt::format("3,{0},{0}", data_shape);
  if (sized && !options.given("image-shape")) model.image_shape = square;
  if (!prefix.empty()) model.usual_shape = square;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (mean[i] >= 0) model.rgb_mean[i] = static_cast<float>(mean[i]);
  }
  if (!rec_path.empty()) dataset = rec_path;
  if (options.given("num-batch")) inference_batches = batches;
  backend.gpus = cpu ? std::string() : gpus;
  if (cpu) backend.context = "cpu";
}

void DetectorOptions::apply(const Options& options, Graph& graph) const {
  if (!options.given("nms") && !options.given("force")) return;
  if (options.given("nms") && !(nms >= 0 && nms <= 1)) {
    throw Error(fmt::format("--nms is {}, expected 0 to 1", nms));
  }
  bool changed = false;
  graph = Rewriter(graph).run([&](Rewriter& rewriter, NodeId id) -> std::optional<NodeId> {
    const Node& node = rewriter.old()[id];
    const auto* detection = std::get_if<MultiBoxDetection>(&node.op);
    if (detection == nullptr) return std::nullopt;
    MultiBoxDetection suppressing = *detection;
    if (options.given("nms")) suppressing.nms_threshold = static_cast<float>(nms);
    if (options.given("force")) suppressing.force_suppress = force;
    changed = true;
    return rewriter.graph().add(node.name, suppressing, rewriter(node.inputs));
  });
  if (!changed) throw Error("--nms and --force are for detectors alone");
}

DetectionOptions DetectorOptions::judging() const {
  DetectionOptions judging{.overlap = static_cast<float>(overlap), .use_difficult = use_difficult};
  try {
    check(judging);
  } catch (const Error& error) {
    throw error.at("--overlap");
  }
  return judging;
}

std::vector<std::string> DetectorOptions::names(std::int64_t classes,
                                                std::vector<std::string> of_dataset) const {
  if (class_count >= 0 && class_count != classes) {
    throw Error(
        fmt::format("--num-class is {}, but the network has {} classes", class_count, classes));
  }
  if (of_dataset.empty() && !prefix.empty() && std::cmp_equal(classes, kVocClasses.size()))
    of_dataset.assign(kVocClasses.begin(), kVocClasses.end());
  return of_dataset;
}

}  // namespace qbench
