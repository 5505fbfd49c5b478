// Jobs on a backend with the manners of a GPU, in this process.
#include <gmock/gmock.h>

#include "harness/accuracy/accuracy.h"
#include "harness/model/model.h"
#include "tests/harness/fake_gpu.h"
#include "tests/harness/run/jobs_fixture.h"

namespace qbench {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;

class GpuJobs : public JobsFixture {
 protected:
  GpuJobs() : JobsFixture("gpu_jobs") {
    job_.model.dataset.records = "shapes:val,count=10";
    job_.backend = "cudnn";
    job_.device = 1;
    job_.variants = {{"fp32", "", 0, ""},          {"tf32", "", 0, ""},
                     {"fp16", "", 0, ""},          {"int8", "none", 0, "auto"},
                     {"int8", "naive", 1, "auto"}, {"int8", "naive", 1, "uint8"}};
    save_network();
  }

  std::vector<AccuracyResult> score(const Backend& backend) const {
    std::vector<AccuracyResult> results =
        collect_results([&](const Send& send) { run_accuracy_job(job_, backend, send); });
    // In the order of the job, whatever ended first.
    std::ranges::sort(results, {}, [this](const AccuracyResult& result) {
      return std::ranges::find(job_.variants, result.variant) - job_.variants.begin();
    });
    return results;
  }

  LatencyResult measure(const LatencyJob& job) const {
    LatencyResult measured;
    run_latency_job(job, gpu_, [&measured](const Message& message) {
      if (const auto* result = std::get_if<LatencyResult>(&message)) measured = *result;
    });
    return measured;
  }

  LatencyJob latency_job(const std::string& precision) const {
    LatencyJob job;
    job.symbol = job_.model.symbol;
    job.params = job_.model.params;
    job.image_shape = job_.model.image_shape;
    job.device = 1;
    job.precision = precision;
    job.measure = {.warmup_seconds = 0, .warmup_runs = 2, .max_seconds = 0, .min_samples = 3};
    return job;
  }

  FakeGpu gpu_;
};

TEST_F(GpuJobs, FloatArithmeticIsCompiledFromTheSameGraph) {
  const std::vector<AccuracyResult> results = score(gpu_);
  ASSERT_EQ(results.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(results[i].status, Status::ok) << results[i].variant.name() << results[i].reason;
    EXPECT_EQ(results[i].predictions.size(), 10U);
    EXPECT_EQ(results[i].model_hash, results[0].model_hash);
  }
  EXPECT_EQ(results[2].symbol, job_.model.symbol);
  EXPECT_EQ(results[2].predictions, results[0].predictions);  // this GPU computes as the host does
  std::vector<FloatMath> maths;
  for (const CompileOptions& options : gpu_.compiled) maths.push_back(options.float_math);
  EXPECT_EQ(maths, (std::vector{FloatMath::f32, FloatMath::f32, FloatMath::tf32, FloatMath::f16,
                                FloatMath::f32, FloatMath::f32}));  // calibration first
  EXPECT_THAT(gpu_.compiled, Each(Field(&CompileOptions::device, 1)));
}

TEST_F(GpuJobs, AutomaticIsInt8WhereU8IsNotTakenAndUint8IsUnsupported) {
  const std::vector<AccuracyResult> results = score(gpu_);
  EXPECT_EQ(results.at(5).status, Status::unsupported);
  EXPECT_THAT(results[5].reason, HasSubstr("backend cudnn computes on int8 values alone"));
  for (const std::size_t i : {3U, 4U}) {
    const Graph graph =
        load_model({results[i].symbol, results[i].params}, {.image_shape = job_.model.image_shape})
            .graph;
    EXPECT_TRUE(is_quantized(graph));
    for (const Node& node : graph.nodes()) EXPECT_NE(node.type.dtype, DType::u8) << node.name;
  }
}

TEST_F(GpuJobs, CalibrationTablesAreThoseOfTheCpu) {
  job_.variants = {{"int8", "naive", 1, "auto"}};
  job_.device = 0;
  EXPECT_EQ(score(find_backend("reference")).at(0).status, Status::ok);
  job_.output_dir = path("others");
  const AccuracyResult result = score(gpu_).at(0);
  EXPECT_EQ(result.status, Status::ok) << result.reason;
  EXPECT_THAT(result.details, HasSubstr(R"("calibration_reused":true)"));
}

TEST_F(GpuJobs, WhatTheBackendLacksEndsOnlyItsVariant) {
  const std::vector<AccuracyResult> results = [&] {
    job_.device = 0;
    return score(find_backend("reference"));
  }();
  EXPECT_EQ(results.at(0).status, Status::ok) << results[0].reason;
  EXPECT_EQ(results.at(1).status, Status::unsupported);
  EXPECT_EQ(results[1].reason, "backend reference has no tf32, it has fp32, int8");
  EXPECT_EQ(results.at(5).status, Status::ok) << results[5].reason;  // uint8 of a CPU
}

TEST_F(GpuJobs, LatencyComesWithTheDevicesOwnTimesAndMemory) {
  const LatencyResult result = measure(latency_job("fp16"));
  ASSERT_EQ(result.status, Status::ok) << result.reason;
  EXPECT_EQ(gpu_.compiled.at(0).float_math, FloatMath::f16);
  EXPECT_EQ(gpu_.compiled[0].device, 1);
  EXPECT_EQ(result.latency_ns.size(), 3U);
  // The runs after two of warm-up.
  EXPECT_EQ(result.device.to_device_ns, (std::vector<double>{3, 4, 5}));
  EXPECT_EQ(result.device.compute_ns, (std::vector<double>{30, 40, 50}));
  EXPECT_EQ(result.device.to_host_ns, (std::vector<double>{300, 400, 500}));
  CaseRecord record;
  record.metrics = result.metrics;
  EXPECT_EQ(record.metric("weights_resident"), 100);
  EXPECT_EQ(record.metric("arena"), 200);
  EXPECT_EQ(record.metric("scratch"), 300);
  EXPECT_EQ(record.metric("library"), 400);
  EXPECT_EQ(std::get<LatencyResult>(decode_message(encode(result))), result);
}

TEST_F(GpuJobs, TheClockIsToldAndWhetherItWasReduced) {
  gpu_.clock = [](int) { return ClockState{.mhz = 1000, .throttled = true}; };
  const LatencyResult slowed = measure(latency_job("fp32"));
  EXPECT_EQ(slowed.device.slowed, slowed.latency_ns.size());
  EXPECT_EQ(slowed.device.compute_ns.size(), slowed.latency_ns.size());
  EXPECT_EQ(std::get<LatencyResult>(decode_message(encode(slowed))), slowed);
  gpu_.clock = [](int) { return ClockState{.mhz = 1980}; };
  const LatencyResult steady = measure(latency_job("fp32"));
  EXPECT_EQ(steady.device.slowed + steady.device.discarded, 0U);
  EXPECT_EQ(steady.device.clock_mhz, std::vector<double>(3, 1980));
}

TEST_F(GpuJobs, ADeviceThatIsNotThereIsUnsupported) {
  LatencyJob job = latency_job("fp32");
  job.device = 7;
  const LatencyResult result = measure(job);
  EXPECT_EQ(result.status, Status::unsupported);
  EXPECT_THAT(result.reason, HasSubstr("has 2 devices, found number 7"));
}

}  // namespace
}  // namespace qbench
