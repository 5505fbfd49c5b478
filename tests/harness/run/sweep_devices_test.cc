// Sweeps on a backend with two devices: one job at a time on each, and nothing out of order after.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <set>

#include "tests/harness/run/sweep_fixture.h"

namespace qbench {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kFourModels = R"(
dataset: {records: photos.rec, calibration: {records: cal.rec}}
models: [{name: a}, {name: b}, {name: c}, {name: d}]
axes: {precisions: [fp32, fp16, int8], batch_sizes: [1, 32], threads: [1, 2], backends: [gpu]}
measure: {rounds: 1}
)";
constexpr std::size_t kJobsOfAGroup = 7;  // one scores, six measure

// What runs where, seen by all lanes; a wait that lasts too long lets the test fail, not hang.
class Watch {
 public:
  template <class Condition>
  void wait(const Condition& condition) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }
  void begin(const std::string& place) {
    const std::lock_guard lock(mutex_);
    const char device = place.back();
    most_on_one = std::max(most_on_one, ++running[device]);
    devices_seen.insert(device);
    int all = 0;
    for (const auto& [each, count] : running) all += count;
    most_at_once = std::max(most_at_once, all);
    changed_.notify_all();
  }
  void end(const std::string& place) {
    const std::lock_guard lock(mutex_);
    --running[place.back()];
    ++ended[place.front()];
    changed_.notify_all();
  }

  std::map<char, int> running;        // by device
  std::map<char, std::size_t> ended;  // by model
  std::set<char> devices_seen;
  int most_on_one = 0;
  int most_at_once = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class SweepDevices : public SweepTest {
 protected:
  SweepDevices() {
    workers_.begin = [this](const std::string& place) { watch_.begin(place); };
    workers_.end = [this](const std::string& place) { watch_.end(place); };
  }

  static std::vector<std::string> models(const Records& run) {
    std::vector<std::string> names;
    for (const CaseRecord& record : run.cases) {
      if (names.empty() || names.back() != record.model) names.push_back(record.model);
    }
    return names;
  }

  Watch watch_;
};

TEST_F(SweepDevices, GroupsRunAtTheSameTimeAndOneJobOnADevice) {
  workers_.begin = [this](const std::string& place) {
    watch_.begin(place);
    watch_.wait([](const Watch& w) { return w.devices_seen.size() == 2; });
  };
  const Records run = sweep_once(plan(kFourModels));
  EXPECT_THAT(statuses(run), Each("ok"));
  EXPECT_EQ(run.cases.size(), 24U);  // threads change nothing here: no case is run twice
  EXPECT_EQ(watch_.most_at_once, 2);
  EXPECT_EQ(watch_.most_on_one, 1);
  EXPECT_EQ(workers_.decode_threads, 2);  // five, shared by two
}

TEST_F(SweepDevices, AGroupStaysOnItsDevice) {
  sweep_once(plan(kFourModels));
  std::map<char, std::set<char>> devices;
  for (const std::string& place : workers_.places) devices[place.front()].insert(place.back());
  EXPECT_EQ(devices.size(), 4U);
  for (const auto& [model, used] : devices) EXPECT_EQ(used.size(), 1U) << model;
}

TEST_F(SweepDevices, RecordsAreInTheOrderOfThePlan) {
  workers_.begin = [this](const std::string& place) {
    watch_.begin(place);
    if (!place.starts_with("a ")) return;
    watch_.wait(
        [](const Watch& w) { return w.ended.contains('d') && w.ended.at('d') == kJobsOfAGroup; });
  };
  const Records run = sweep_once(plan(kFourModels));
  EXPECT_THAT(progress_.finished.front(), StartsWith("1/24 b/"));
  EXPECT_THAT(progress_.finished.back(), StartsWith("24/24 a/"));
  EXPECT_THAT(models(run), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(run.cases[0].precision, "fp32");
  EXPECT_EQ(run.cases[5].precision, "int8");
}

TEST_F(SweepDevices, WhatHasOneDeviceGoesFirstAndInOrder) {
  const Records run = sweep_once(plan(R"(
dataset: {records: photos.rec}
models: [{name: a}, {name: b}]
axes: {precisions: [fp32, tf32], backends: [gpu, onednn]}
measure: {rounds: 1}
)"));
  std::vector<std::string> first(workers_.places.begin(), workers_.places.begin() + 4);
  EXPECT_THAT(first,
              ElementsAre("a on onednn 0", "a on onednn 0", "b on onednn 0", "b on onednn 0"));
  EXPECT_EQ(workers_.places.size(), 10U);
  EXPECT_THAT(statuses(run),
              ElementsAre("ok", "ok", "ok", "unsupported", "ok", "ok", "ok", "unsupported"));
  EXPECT_EQ(run.cases[3].reason, "backend onednn has no tf32, it has fp32, int8");
  EXPECT_THAT(run.cases[3].latency_ns, IsEmpty());
}

TEST_F(SweepDevices, DeviceTimesAndAgreementAreInTheRecord) {
  Plan turns = plan(kFourModels);
  filter(turns, "^a/fp../b1/|^a/fp../.*/b1/");
  turns.suite.measure.rounds = 2;
  const Records run = sweep_once(turns);
  ASSERT_EQ(run.cases.size(), 2U);
  EXPECT_EQ(run.cases[1].precision, "fp16");
  EXPECT_EQ(run.cases[1].metric("to_device"), 1e3);
  EXPECT_EQ(run.cases[1].metric("compute"), 1e4);
  EXPECT_EQ(run.cases[1].metric("to_host"), 1e5);
  EXPECT_EQ(std::ranges::count(run.cases[1].metrics, "compute", &MetricValue::name), 1);
  EXPECT_EQ(run.cases[1].metric("clock"), 1980);
  EXPECT_EQ(run.cases[1].metric("discarded"), 2);  // of both rounds
  EXPECT_EQ(run.cases[1].details.find("slowed"), std::string::npos);
  EXPECT_EQ(run.cases[1].metric("agreement"), 1.0);
  EXPECT_EQ(run.cases[0].metric("agreement"), std::nullopt);
}

TEST_F(SweepDevices, ASlowedGpuIsWarnedOf) {
  Plan one = plan(kFourModels);
  filter(one, "^a/fp../b1/");
  workers_.slowed = 1;
  const Records run = sweep_once(one);
  ASSERT_FALSE(run.cases.empty());
  EXPECT_THAT(run.cases[0].details,
              HasSubstr("the GPU was slowed down during 1 of 1 latency samples"));
}

TEST_F(SweepDevices, AnInterruptEndsAllLanesAndKeepsWhatIsFinished) {
  std::atomic<int> begun = 0;
  workers_.accidents["b on gpu 0: time fp32 b1"] = {Status::failed, "interrupted", true};
  workers_.accidents["b on gpu 1: time fp32 b1"] = {Status::failed, "interrupted", true};
  workers_.begin = [&](const std::string& place) {
    watch_.begin(place);
    ++begun;
    if (!place.starts_with("a ")) return;  // the other lane waits for the accident
    watch_.wait([](const Watch& w) { return w.ended.contains('b') && w.ended.at('b') == 2; });
  };
  const Records run = sweep_once(plan(kFourModels));
  EXPECT_TRUE(result_.interrupted);
  EXPECT_LT(begun, 6);  // no group was begun after it
  for (const CaseRecord& record : run.cases) EXPECT_EQ(record.model, "a");
}

TEST_F(SweepDevices, ResumeUsesWhatAnotherDeviceScored) {
  for (const char* device : {"0", "1"}) {
    workers_.accidents["b on gpu " + std::string(device) + ": time fp32 b1"] = {
        Status::failed, "interrupted", true};
  }
  Plan two = plan(kFourModels);
  filter(two, "^[ab]/.*fp../b1/");
  sweep_once(two);
  workers_.accidents.clear();
  workers_.log.clear();
  workers_.places.clear();
  Plan one = plan(kFourModels);
  filter(one, "^b/.*fp../b1/");
  const Records run = sweep_once(one, true);
  EXPECT_THAT(statuses(run), ElementsAre("ok", "ok"));
  EXPECT_THAT(workers_.log, ElementsAre("time fp32 b1", "time fp16 b1"));
  EXPECT_THAT(workers_.places, Each("b on gpu 0"));
}

TEST_F(SweepDevices, ADatabaseThatCannotBeWrittenEndsTheSweep) {
  std::filesystem::create_directories(folder_);
  Store store = Store::open((folder_ / "db.sqlite").string(), Store::Mode::create);
  const SweepOptions options{.work_dir = (folder_ / "work").string(),
                             .launch = workers_.launcher(),
                             .now = [] { return std::string("now"); }};
  EXPECT_THROW(sweep(plan(kFourModels), store, 12345, options, progress_), Error);
  EXPECT_LT(workers_.log.size(), 2 * kJobsOfAGroup);
}

TEST_F(SweepDevices, AnUnavailableBackendIsRecordedWithTheReason) {
  gpu.unavailable = "cannot run here: no NVIDIA GPU";
  gpu.devices = 0;
  const Records run = sweep_once(plan(kFourModels));
  EXPECT_THAT(statuses(run), Each("unsupported"));
  EXPECT_EQ(run.cases[0].reason, "backend gpu cannot run here: no NVIDIA GPU");
  EXPECT_THAT(workers_.log, IsEmpty());
}

}  // namespace
}  // namespace qbench
