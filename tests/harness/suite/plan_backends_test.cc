// What a backend has decides which cases of a plan can run.
#include <gmock/gmock.h>

#include "harness/suite/plan.h"
#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSuite = R"(
dataset: {records: photos.rec, calibration: {records: cal.rec}}
models: [{name: net, expected: {fp32: {top1: 70}, int8: {top1: 69}}}]
axes:
  precisions: [fp32, tf32, fp16, int8]
  quantized_dtypes: [auto, uint8]
  threads: [1, 2]
  backends: [cudnn, onednn]
)";

struct World {
  BackendFacts gpu{.name = "cudnn",
                   .description = "cuDNN on an H100",
                   .precisions = {"fp32", "tf32", "fp16", "int8"},
                   .takes_u8 = false,
                   .uses_threads = false,
                   .devices = 4};

  Plan plan(const std::string& text = kSuite) const {
    PlanContext context;
    context.backends = {{.name = "onednn"}, gpu};
    context.modes = {"none", "naive"};
    context.command = "qbench suite s.yaml";
    context.find_file = [](const std::string& name) { return std::optional(name); };
    context.hash_file = [](const std::string& path) { return path; };
    context.look_at_data = [](const std::string& data, const OpenOptions&) {
      return DataFacts{100, data};
    };
    return make_plan(parse_suite(text, "s.yaml"), context);
  }
};

std::vector<std::string> listed(const Group& group) {
  std::vector<std::string> lines;
  for (const Case& made : group.cases)
    lines.push_back(made.name + (made.reason.empty() ? "" : ": " + made.reason));
  return lines;
}

TEST(PlanBackends, FloatPrecisionsAreCasesWithoutCalibration) {
  const Group group = World{}.plan().groups.at(0);
  EXPECT_EQ(group.devices, 4);
  EXPECT_THAT(
      listed(group),
      ElementsAre("net/fp32/b1/t1/cudnn", "net/tf32/b1/t1/cudnn", "net/fp16/b1/t1/cudnn",
                  "net/int8/naive/5batches/b1/t1/cudnn",
                  "net/int8/naive/5batches/uint8/b1/t1/cudnn: backend cudnn computes on int8 "
                  "values alone, found uint8"));
  EXPECT_EQ(group.cases[4].status, Status::unsupported);
  EXPECT_EQ(group.cases[2].reproduce,
            "qbench suite s.yaml --models net --backends cudnn --precisions fp16 --batch-sizes 1 "
            "--threads 1");
  EXPECT_EQ(group.cases[0].documented.top1, 0.70);
  EXPECT_EQ(group.cases[2].documented.top1, std::nullopt);
  EXPECT_EQ(group.cases[3].documented.top1, 0.69);
}

TEST(PlanBackends, WhatABackendLacksIsUnsupportedAndTheRestRuns) {
  const Group group = World{}.plan().groups.at(1);
  EXPECT_EQ(group.devices, 1);
  ASSERT_EQ(group.cases.size(), 10U);
  for (const Case& made : group.cases) {
    const bool lacks = made.variant.precision == "tf32" || made.variant.precision == "fp16";
    EXPECT_EQ(made.status, lacks ? Status::unsupported : Status::ok) << made.name;
    EXPECT_EQ(
        made.reason,
        lacks ? "backend onednn has no " + made.variant.precision + ", it has fp32, int8" : "");
  }
}

TEST(PlanBackends, AnUnavailableBackendTellsWhy) {
  World world;
  world.gpu.unavailable = "cannot run here: no NVIDIA GPU";
  world.gpu.devices = 0;
  const Plan plan = world.plan();
  EXPECT_EQ(plan.groups.at(0).devices, 1);
  for (const Case& made : plan.groups[0].cases) {
    EXPECT_EQ(made.status, Status::unsupported);
    EXPECT_EQ(made.reason, "backend cudnn cannot run here: no NVIDIA GPU");
  }
  EXPECT_EQ(plan.groups.at(1).cases[0].status, Status::ok);
  EXPECT_THAT(plan.groups[1].cases[0].reason, IsEmpty());
}

// The same host with another GPU, or another library: other results.
TEST(PlanBackends, IdsChangeWithTheBackendsDescription) {
  World other;
  other.gpu.description = "cuDNN on a V100";
  const Plan before = World{}.plan();
  const Plan after = other.plan();
  EXPECT_NE(after.groups.at(0).cases[0].id, before.groups.at(0).cases[0].id);
  EXPECT_EQ(after.groups.at(1).cases[0].id, before.groups.at(1).cases[0].id);
}

}  // namespace
}  // namespace qbench
