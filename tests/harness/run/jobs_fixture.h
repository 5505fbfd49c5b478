// A small network in a folder of its own, and a job that scores it on drawn figures.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/formats/formats.h"
#include "engine/graph/text.h"
#include "harness/run/job.h"

namespace qbench {

inline constexpr const char* kSmallNetwork = R"(
data = Input(shape=[1,3,48,48]) : f32[1,3,48,48]
conv0_weight = Constant() : f32[8,3,3,3] values=random(1)
conv0 = Convolution(data, conv0_weight; stride=[4,4], activation=relu) : f32[1,8,12,12]
conv1_weight = Constant() : f32[8,8,3,3] values=random(2)
conv1 = Convolution(conv0, conv1_weight; stride=[4,4], activation=relu) : f32[1,8,3,3]
flat = Flatten(conv1) : f32[1,72]
fc_weight = Constant() : f32[10,72] values=random(3)
fc = FullyConnected(flat, fc_weight) : f32[1,10]
return fc
)";

class JobsFixture : public testing::Test {
 protected:
  explicit JobsFixture(const std::string& name)
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("qbench_" + name + "_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    job_.model.name = "tiny";
    job_.model.symbol = path("tiny-symbol.json");
    job_.model.params = path("tiny-0000.params");
    job_.model.image_shape = {3, 48, 48};
    job_.model.rgb_mean = {128, 128, 128};
    job_.model.rgb_std = {64, 64, 64};
    job_.model.dataset.calibration.records = "shapes:train,count=8";
    job_.model.dataset.calibration.batch_size = 4;
    job_.batch_size = 5;
    job_.table_dir = path("tables");
    job_.output_dir = path("models");
  }
  ~JobsFixture() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  void save_network(const std::string& text = kSmallNetwork) const {
    export_model(parse_graph(text), {job_.model.symbol, job_.model.params});
  }

  const std::filesystem::path folder_;
  AccuracyJob job_;
};

// What a job sends of results: `run` gets the function to send with.
template <class Run>
std::vector<AccuracyResult> collect_results(Run&& run) {
  std::vector<AccuracyResult> results;
  run([&results](const Message& message) {
    if (const auto* result = std::get_if<AccuracyResult>(&message)) results.push_back(*result);
  });
  return results;
}

}  // namespace qbench
