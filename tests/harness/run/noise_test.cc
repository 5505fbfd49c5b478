#include "harness/run/noise.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace qbench {
namespace {

using testing::HasSubstr;

CaseRecord measured(std::vector<double> process_ms) {
  CaseRecord record;
  for (const double ms : process_ms) {
    record.latency_ns.push_back(1e6 * ms);
    record.latency_counts.push_back(1);
  }
  return record;
}

std::string warnings_of(const CaseRecord& record) {
  return nlohmann::json::parse(record.details).value("warnings", nlohmann::json()).dump();
}

const std::vector<Interference> kFive(5);

TEST(Noise, QuietIsOk) {
  CaseRecord record = measured({1, 1.01, 1.02, 1, 1});
  judge_noise({.rounds = kFive, .disturbed = {}}, {}, record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_EQ(warnings_of(record), "null");
  EXPECT_EQ(nlohmann::json::parse(record.details)["interference"].size(), 5U);
}

TEST(Noise, HalfOfTheRoundsAreAWarningAndMoreAreMistrusted) {
  CaseRecord record = measured({1, 1, 1, 1});
  const std::vector<Interference> four(4);
  judge_noise({.rounds = four, .disturbed = {"neighbours", "neighbours"}}, {}, record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_THAT(warnings_of(record), HasSubstr("latency: neighbours in 2 of 4 rounds"));

  record = measured({1, 1, 1, 1, 1});
  const Noise noise{.rounds = kFive, .disturbed = {"a", "b", "c"}, .measured_again = 5};
  judge_noise(noise, {}, record);
  EXPECT_EQ(record.status, Status::mistrusted);
  EXPECT_EQ(record.mistrusted, CaseRecord::kLatency);
  EXPECT_FALSE(record.proves_latency());
  EXPECT_TRUE(record.proves_accuracy());
  EXPECT_EQ(record.reason, "latency: a in 3 of 5 rounds, and in 5 measured again");
  EXPECT_EQ(warnings_of(record), "null");

  record = measured({1, 1, 1, 1, 1});
  judge_noise(noise, {.mistrust_noise = false}, record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_THAT(warnings_of(record), HasSubstr("latency: a in 3 of 5 rounds"));
}

TEST(Noise, AnIntervalThatSaysNothingIsMistrusted) {
  CaseRecord record = measured({1, 1, 1, 3, 6});
  judge_noise({.rounds = kFive, .disturbed = {}}, {}, record);
  EXPECT_EQ(record.status, Status::mistrusted);
  EXPECT_THAT(record.reason, HasSubstr("processes differ too much"));
  record = measured({1, 4});  // two processes always say little
  judge_noise({.rounds = {{}, {}}, .disturbed = {}}, {}, record);
  EXPECT_EQ(record.status, Status::ok);
}

TEST(Noise, WhatFailedKeepsItsReason) {
  CaseRecord record = measured({1, 1, 1, 3, 6});
  record.status = Status::crashed;
  record.reason = "signal 11";
  judge_noise({.rounds = kFive, .disturbed = {"x", "x", "x"}}, {}, record);
  EXPECT_EQ(record.status, Status::crashed);
  EXPECT_EQ(record.reason, "signal 11");
  EXPECT_THAT(warnings_of(record), HasSubstr("x in 3 of 5 rounds"));
}

}  // namespace
}  // namespace qbench
