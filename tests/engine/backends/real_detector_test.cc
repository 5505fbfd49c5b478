// A real single-shot detector on real pictures, against the values of an independent engine, and
// its INT8 form against FP32.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "datasets/datasets.h"
#include "datasets/transform.h"
#include "engine/backends/backends.h"
#include "engine/calibration/calibrate.h"
#include "engine/formats/formats.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench {
namespace {

constexpr std::size_t kRow = 6;  // class, score, xmin, ymin, xmax, ymax

std::string real_data() {
  const char* folder = std::getenv("QBENCH_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

using Rows = std::vector<std::array<float, kRow>>;

// Without the rows that are no detections.
Rows detections(std::span<const float> values) {
  Rows rows;
  for (std::size_t i = 0; i < values.size(); i += kRow) {
    if (values[i] < 0) continue;
    std::ranges::copy(values.subspan(i, kRow), rows.emplace_back().begin());
  }
  return rows;
}

class RealDetector : public ::testing::TestWithParam<const Backend*> {
 protected:
  void SetUp() override {
    if (real_data().empty()) GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real data";
    const std::string path = real_data() + "/models/ssd_mobilenet_v1_coco";
    graph_ = import_model({path + "-symbol.json", path + "-0000.params"},
                          {.image_shape = Shape{3, 300, 300}});
    pictures_ = open_dataset(real_data() + "/records/coco_val.rec");
  }

  std::vector<float> picture(std::int64_t index) const {
    const Preprocess preprocess{.height = 300,
                                .width = 300,
                                .rgb_mean = {128, 128, 128},
                                .rgb_std = {128, 128, 128},
                                .fit = Fit::stretch};
    std::vector<float> image(preprocess.elements());
    preprocess_image(pictures_->read(index).encoded, preprocess, image);
    return image;
  }

  const Backend& backend() const { return *GetParam(); }

  Graph graph_;
  std::unique_ptr<Dataset> pictures_;
};

void expect_sum(std::span<const float> values, double expected, bool of_magnitudes) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0, [&](double s, float v) {
    return s + (of_magnitudes ? std::fabs(v) : v);
  });
  EXPECT_NEAR(sum, expected, 1e-5 * expected);
}

void expect_rows(const Rows& actual, const nlohmann::json& expected) {
  ASSERT_GE(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto row = expected[i].get<std::array<float, kRow>>();
    EXPECT_THAT(actual[i], ::testing::Pointwise(::testing::FloatNear(1e-5F), row)) << "row " << i;
  }
}

TEST_P(RealDetector, FindsWhatIsKnownToBeThere) {
  std::ifstream file(real_data() + "/reference/ssd_mobilenet_v1_coco.json");
  const nlohmann::json known = nlohmann::json::parse(file)["first3"];
  ASSERT_EQ(known.size(), 3U);
  const NodeId detection = graph_.outputs().at(0);
  const std::vector<NodeId>& inputs = graph_[detection].inputs;
  graph_.set_outputs({detection, inputs[0], inputs[1]});
  const Graph optimized = optimize(graph_);
  for (std::size_t i = 0; i < known.size(); ++i) {
    SCOPED_TRACE("picture " + std::to_string(i));
    const Values image = {picture(static_cast<std::int64_t>(i))};
    for (const Graph* graph : std::array<const Graph*, 2>{&graph_, &optimized}) {
      const Values results = run_on(backend(), *graph, image);
      expect_sum(results[1], known[i]["cls_prob_sum"], false);
      expect_sum(results[2], known[i]["loc_abs_sum"], true);
      const Rows rows = detections(results[0]);
      EXPECT_EQ(rows.size(), known[i]["valid_detections"]);
      expect_rows(rows, known[i]["top10_class_score_xmin_ymin_xmax_ymax"]);
    }
  }
}

float overlap(const std::array<float, kRow>& a, const std::array<float, kRow>& b) {
  const float width = std::min(a[4], b[4]) - std::max(a[2], b[2]);
  const float height = std::min(a[5], b[5]) - std::max(a[3], b[3]);
  if (width <= 0 || height <= 0) return 0;
  const float both = width * height;
  return both / ((a[4] - a[2]) * (a[5] - a[3]) + (b[4] - b[2]) * (b[5] - b[3]) - both);
}

bool is_among(const std::array<float, kRow>& row, const Rows& others) {
  return std::ranges::any_of(others, [&](const std::array<float, kRow>& other) {
    return other[0] == row[0] && std::fabs(other[1] - row[1]) < 0.15F &&
           overlap(row, other) > 0.75F;
  });
}

Graph saved_and_read(const Graph& graph) {
  const std::string path = ::testing::TempDir() + "qbench_real_detector";
  const ModelFiles files{path + "-symbol.json", path + "-0000.params"};
  export_model(graph, files);
  const Graph read = import_model(files, {.image_shape = Shape{3, 300, 300}});
  std::filesystem::remove(files.symbol);
  std::filesystem::remove(files.params);
  return read;
}

// What FP32 is sure of, INT8 finds at nearly the same place with nearly the same score.
TEST_P(RealDetector, FindsNearlyTheSameInInt8) {
  constexpr std::int64_t kPictures = 16;
  constexpr float kSure = 0.4F;
  if (backend().name() == "reference") GTEST_SKIP() << "takes minutes without oneDNN";
  const Graph fp32 = optimize(graph_);
  CalibrationOptions options{.modes = {"naive"},
                             .batches = {kPictures},
                             .tensors = tensors_to_calibrate(fp32, {}),
                             .model_hash = {},
                             .data_hash = {}};
  std::vector<float> image;
  std::int64_t next = 0;
  const NextBatch batches = [&]() -> std::span<const float> { return image = picture(next++); };
  const CalibrationTable table = calibrate(fp32, backend(), batches, options).tables.at(0);
  const Graph quantized = quantize(fp32, {}, &table).graph;
  const Graph int8 = saved_and_read(quantized);
  EXPECT_EQ(print_graph(int8), print_graph(quantized));

  int sure = 0;
  int found = 0;
  for (std::int64_t i = 0; i < kPictures; ++i) {
    const Values input = {picture(i)};
    const Rows others = detections(run_on(backend(), int8, input)[0]);
    for (const auto& row : detections(run_on(backend(), fp32, input)[0])) {
      if (row[1] < kSure) continue;
      ++sure;
      if (is_among(row, others)) ++found;
    }
  }
  RecordProperty("sure", sure);
  RecordProperty("found", found);
  EXPECT_GT(sure, 30);
  EXPECT_GE(found, 0.9 * sure) << "of " << sure;
}

INSTANTIATE_TEST_SUITE_P(All, RealDetector, ::testing::ValuesIn(usable_backends()),
                         [](const auto& param_info) { return param_info.param->name(); });

}  // namespace
}  // namespace qbench
