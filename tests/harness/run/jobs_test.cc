// Jobs on a small real network, in this process.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "harness/accuracy/accuracy.h"
#include "reports/judge/sequential.h"
#include "tests/harness/run/jobs_fixture.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class Jobs : public JobsFixture {
 protected:
  Jobs() : JobsFixture("jobs") {  // the last batch has one image
    job_.model.dataset.records = "shapes:val,count=20";
    job_.model.dataset.skip = 4;
    job_.backend = "reference";
    job_.variants = {{"fp32", "", 0, ""},
                     {"int8", "none", 0, "auto"},
                     {"int8", "naive", 1, "auto"},
                     {"int8", "naive", 2, "uint8"}};
  }

  std::vector<AccuracyResult> run() const {
    return collect_results([&](const Send& send) { run_accuracy_job(job_, send); });
  }
};

TEST_F(Jobs, ScoreEveryVariantOnTheSameImages) {
  save_network();
  const std::vector<AccuracyResult> results = run();
  ASSERT_EQ(results.size(), 4U);
  for (std::size_t i = 0; i < results.size(); ++i) {
    SCOPED_TRACE(job_.variants[i].name());
    EXPECT_EQ(results[i].variant, job_.variants[i]);
    EXPECT_EQ(results[i].status, Status::ok) << results[i].reason;
    ASSERT_EQ(results[i].predictions.size(), 16U);
    EXPECT_EQ(results[i].predictions.front().sample, 4);
    EXPECT_EQ(results[i].predictions.back().sample, 19);
    EXPECT_EQ(results[i].model_hash, results[0].model_hash);
    EXPECT_TRUE(fs::exists(results[i].symbol));
    EXPECT_TRUE(fs::exists(results[i].params));
    // 8-bit arithmetic cannot change a random network's mind about most images.
    EXPECT_GE(count_same_top1(results[0].predictions, results[i].predictions), 10);
  }
  EXPECT_EQ(results[2].symbol, path("models/auto/tiny-quantized-1batches-naive-symbol.json"));
  EXPECT_EQ(results[2].params, path("models/auto/tiny-quantized-0000.params"));
  EXPECT_EQ(results[3].symbol, path("models/uint8/tiny-quantized-2batches-naive-symbol.json"));
}

// The shape is the file's where none is given, and the result says which it was.
TEST_F(Jobs, TakeTheImageShapeOfTheFile) {
  save_network();
  job_.model.image_shape = ModelSpec().image_shape;
  const std::vector<AccuracyResult> results = run();
  for (const AccuracyResult& result : results) {
    EXPECT_EQ(result.status, Status::ok) << result.reason;
    EXPECT_EQ(result.image_shape, Shape({3, 48, 48}));
    EXPECT_EQ(result.details.find("warnings"), std::string::npos) << result.details;
  }
  job_.model.image_shape = {3, 64, 64};
  job_.variants.resize(1);
  const AccuracyResult other = run().at(0);  // its last layer fits 48 x 48 alone
  EXPECT_NE(other.status, Status::ok);
}

TEST_F(Jobs, EndWhereTheSuiteSays) {
  save_network();
  job_.model.until = "fc";
  for (const AccuracyResult& result : run()) EXPECT_EQ(result.status, Status::ok) << result.reason;
  job_.model.until = "flat";
  EXPECT_EQ(run().at(0).predictions.size(), 16U);  // scored by as many values as there are
  job_.model.until = "fcc";
  EXPECT_THAT(run().at(0).reason, HasSubstr("did you mean 'fc'?"));
}

TEST_F(Jobs, EndWhenTheDropIsDecided) {
  save_network();
  job_.model.dataset.records = "shapes:val,count=400";
  job_.until_margin = 0.3;
  const std::vector<AccuracyResult> results = run();
  ASSERT_EQ(results.size(), 4U);
  const std::vector<Prediction>& fp32 = results[0].predictions;
  EXPECT_GT(fp32.size(), 10U);
  EXPECT_LT(fp32.size(), 200U);
  std::set<std::int64_t> samples;
  for (const Prediction& prediction : fp32) samples.insert(prediction.sample);
  EXPECT_EQ(samples.size(), fp32.size());
  EXPECT_GE(*samples.begin(), 4);  // skipped ones stay so
  EXPECT_GT(*samples.rbegin(), 200);
  EXPECT_FALSE(std::ranges::is_sorted(fp32, {}, &Prediction::sample));
  for (const AccuracyResult& result : results) {
    ASSERT_EQ(result.predictions.size(), fp32.size());
    EXPECT_TRUE(
        std::ranges::equal(result.predictions, fp32, {}, &Prediction::sample, &Prediction::sample));
    EXPECT_EQ(result.decided_margin, 0.3);
    const auto note = nlohmann::json::parse(result.details).at("scored_until_decided");
    EXPECT_EQ(note.at("images"), fp32.size());
    EXPECT_EQ(note.at("of"), 396);
    if (result.variant.quantized()) {
      EXPECT_NE(note.at("verdict"), "inconclusive");
    }
  }
  // One batch earlier it was not decided for all of them.
  bool open = false;
  for (const AccuracyResult& result : results) {
    SequentialDrop drop(0.3);
    for (std::size_t i = 0; i + 5 < fp32.size(); ++i)
      drop.add((fp32[i].right(1) ? 1 : 0) - (result.predictions[i].right(1) ? 1 : 0));
    open = open || drop.verdict() == Verdict::Word::inconclusive;
  }
  EXPECT_TRUE(open);
  EXPECT_EQ(decode_message(encode(Message(results[1]))), Message(results[1]));
}

TEST_F(Jobs, WithoutFp32NothingIsDecided) {
  save_network();
  job_.variants.erase(job_.variants.begin());
  job_.until_margin = 0.3;
  for (const AccuracyResult& result : run()) {
    EXPECT_EQ(result.predictions.size(), 16U);
    EXPECT_EQ(result.decided_margin, std::nullopt);
  }
}

TEST_F(Jobs, SavedModelsPredictTheSame) {
  save_network();
  const std::vector<AccuracyResult> results = run();
  LatencyJob job;
  job.symbol = results.at(2).symbol;
  job.params = results.at(2).params;
  job.image_shape = job_.model.image_shape;
  job.backend = "reference";
  job.measure = {.warmup_seconds = 0, .warmup_runs = 1, .max_seconds = 0, .min_samples = 7};
  std::optional<LatencyResult> measured;
  run_latency_job(job, [&measured](const Message& message) {
    if (const auto* result = std::get_if<LatencyResult>(&message)) measured = *result;
  });
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->status, Status::ok) << measured->reason;
  EXPECT_EQ(measured->latency_ns.size(), 7U);
  std::vector<std::string> names;
  for (const MetricValue& metric : measured->metrics) names.push_back(metric.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({"peak_rss", "weights_resident", "arena", "compile_seconds"}));
}

TEST_F(Jobs, CalibrationIsKeptAndUsedAgain) {
  save_network();
  const auto reused = [](const AccuracyResult& result) {
    return nlohmann::json::parse(result.details).value("calibration_reused", false);
  };
  const std::vector<AccuracyResult> first = run();
  const std::vector<AccuracyResult> second = run();
  EXPECT_FALSE(reused(first.at(2)));
  EXPECT_TRUE(reused(second.at(2)));
  EXPECT_EQ(first[2].predictions, second[2].predictions);
  const auto measured = [](const AccuracyResult& result) {
    return std::ranges::count(result.metrics, "calibration_seconds", &MetricValue::name);
  };
  EXPECT_EQ(measured(first[2]), 1);
  EXPECT_EQ(measured(second[2]), 0);
}

TEST_F(Jobs, TooFewCalibrationImagesFailOnlyWhatNeedsThem) {
  save_network();
  constexpr int kThere = 2;  // 8 images, 4 in a batch
  job_.variants[2].calib_batches = kThere + 1;
  job_.variants[3].calib_batches = kThere;
  const std::vector<AccuracyResult> results = run();
  ASSERT_EQ(results.size(), 4U);
  for (const AccuracyResult& result : results) {
    const bool beyond = result.variant.calib_batches > kThere;
    EXPECT_EQ(result.status, beyond ? Status::failed : Status::ok) << result.variant.name();
    if (beyond) {
      EXPECT_THAT(result.reason, HasSubstr("calibration: "));
      EXPECT_THAT(result.reason, HasSubstr("8 images after the first 0, 2 batches of 4"));
    }
  }
  job_.model.dataset.calibration.first = 8;
  for (const AccuracyResult& result : run()) {
    const bool calibrated = result.variant.calib_batches > 0;
    EXPECT_EQ(result.status, calibrated ? Status::failed : Status::ok) << result.variant.name();
  }
}

TEST_F(Jobs, OutputsThatAreNotFiniteFail) {
  std::string text = kSmallNetwork;
  text.replace(text.find("values=random(3)"), 16, "values=full(1e38)");
  save_network(text);
  const AccuracyResult result = run().at(0);
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.reason, "outputs are not finite in 16 of 16 images, the first of them image 4");
  EXPECT_THAT(result.metrics, testing::SizeIs(1));  // the model's size
  EXPECT_THAT(result.predictions, IsEmpty());
}

TEST_F(Jobs, TheKernelsOfFloatLayersAreRecorded) {
  const auto is_onednn = [](const Backend* backend) { return backend->name() == "onednn"; };
  if (std::ranges::none_of(usable_backends(), is_onednn)) GTEST_SKIP() << "no oneDNN";
  save_network();
  job_.backend = "onednn";
  job_.variants.resize(1);
  const auto details = nlohmann::json::parse(run().at(0).details);
  int layers = 0;
  for (const auto& [kernel, count] : details.at("algorithms").get<Algorithms>()) layers += count;
  EXPECT_EQ(layers, 3);
}

TEST_F(Jobs, ExcludedLayersStayFp32AndUnknownOnesAreMentioned) {
  save_network();
  job_.model.excluded_layers = {"conv1", "no_such_layer"};
  const std::vector<AccuracyResult> results = run();
  const auto details = nlohmann::json::parse(results.at(2).details);
  ASSERT_EQ(results[2].status, Status::ok) << results[2].reason;
  EXPECT_THAT(details.at("warnings").dump(), HasSubstr("no_such_layer"));
  EXPECT_THAT(details.at("fp32_layers").dump(), HasSubstr("conv1"));
}

TEST_F(Jobs, AMissingOrDamagedModelFailsEveryVariant) {
  for (const AccuracyResult& result : run()) {
    EXPECT_EQ(result.status, Status::failed);
    EXPECT_THAT(result.reason, HasSubstr("tiny"));
  }
  save_network();
  fs::resize_file(job_.model.params, 100);
  for (const AccuracyResult& result : run()) EXPECT_EQ(result.status, Status::failed);
}

TEST_F(Jobs, AQuantizedModelIsNoStartingPoint) {
  save_network();
  const std::vector<AccuracyResult> results = run();
  job_.model.symbol = results.at(2).symbol;
  job_.model.params = results.at(2).params;
  EXPECT_THAT(run().at(0).reason, HasSubstr("quantized already"));
}

TEST_F(Jobs, AConstantOutputIsMistrusted) {
  std::string text = kSmallNetwork;
  text.replace(text.find("values=random(3)"), 16, "values=full(0)");
  save_network(text);
  const std::vector<AccuracyResult> results = run();
  EXPECT_EQ(results.at(0).status, Status::mistrusted);
  EXPECT_THAT(results[0].reason, HasSubstr("same outputs"));
}

TEST_F(Jobs, AnUnknownModelFailsALatencyJob) {
  LatencyJob job;
  job.symbol = path("none.json");
  job.params = path("none.params");
  job.image_shape = {3, 48, 48};
  job.backend = "reference";
  std::optional<LatencyResult> measured;
  run_latency_job(job, [&measured](const Message& message) {
    if (const auto* result = std::get_if<LatencyResult>(&message)) measured = *result;
  });
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->status, Status::failed);
  EXPECT_THAT(measured->reason, HasSubstr("none.json"));
  EXPECT_THAT(measured->metrics, IsEmpty());
}

}  // namespace
}  // namespace qbench
