// The store: every field comes back.
#include "reports/record/store.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "reports/record/blob.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(StoreTest, EveryFieldComesBack) {
  qbench::Run expected{.info = some_run(), .cases = {full_record(1), full_record(2), CaseRecord{}}};
  {
    Store store = create();
    expected.info.id = store.begin_run(expected.info);
    for (const CaseRecord& record : expected.cases) store.put(expected.info.id, record);
    EXPECT_EQ(store.load_run(expected.info.id), expected);
    expected.info.finished = "2026-11-24T12:00:00Z";
    store.finish_run(expected.info.id, expected.info.finished);
  }
  EXPECT_EQ(read().load_run(expected.info.id), expected);
  EXPECT_EQ(read().list_runs(), std::vector{expected.info});
}

TEST_F(StoreTest, NotANumberStaysNotANumber) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  CaseRecord record = named("a");
  record.metrics = {make_metric("top1", std::numeric_limits<double>::quiet_NaN())};
  store.put(run, record);
  EXPECT_TRUE(std::isnan(*store.load_run(run).cases.at(0).metric("top1")));
}

TEST_F(StoreTest, VerdictsComeBackInOrderAndAreReplaced) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  const std::int64_t other = store.begin_run(some_run());
  store.put_verdicts(other, std::vector{full_verdict(9)});
  Verdict bare;
  bare.word = Verdict::Word::not_judged;
  const std::vector<Verdict> all{full_verdict(2), full_verdict(1), bare};
  store.put_verdicts(run, all);
  EXPECT_EQ(store.load_run(run).verdicts, all);
  store.put_verdicts(run, std::vector{bare});
  EXPECT_EQ(store.load_run(run).verdicts, std::vector{bare});
  EXPECT_EQ(read().load_run(other).verdicts, std::vector{full_verdict(9)});
  store.put_verdicts(run, {});
  EXPECT_TRUE(store.load_run(run).verdicts.empty());
}

TEST_F(StoreTest, PutReplacesInPlace) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  CaseRecord first = full_record(1);
  store.put(run, first);
  store.put(run, full_record(2));
  first.metrics.pop_back();
  first.latency_ns.clear();
  first.latency_counts.clear();
  store.put(run, first);
  EXPECT_EQ(store.load_run(run).cases, (std::vector{first, full_record(2)}));
}

TEST_F(StoreTest, PositionsAreTheOrder) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  store.put(run, named("third"), 2);
  store.put(run, named("first"), 0);
  store.put(run, named("second"), 1);
  store.put(run, named("second, too"), 1);
  std::vector<std::string> order;
  for (const CaseRecord& record : store.load_run(run).cases) order.push_back(record.case_id);
  EXPECT_THAT(order, testing::ElementsAre("first", "second", "second, too", "third"));
}

TEST_F(StoreTest, WhatCasesHaveInCommonIsKeptOnce) {
  const auto blobs = [&] { return number("SELECT count(*) FROM blobs"); };
  Store store = create();
  CaseRecord record = full_record(1);
  for (const char* id : {"batch 1", "batch 2", "again"}) {
    record.case_id = id;
    store.put(store.begin_run(some_run()), record);
  }
  EXPECT_EQ(blobs(), 3);  // latency samples, predictions, detections
  record.case_id = "no detections";
  record.detections.clear();
  record.latency_ns.back() += 1;
  const std::int64_t run = store.begin_run(some_run());
  store.put(run, record);
  EXPECT_EQ(blobs(), 4);
  EXPECT_EQ(store.load_run(run).cases, std::vector{record});
}

TEST_F(StoreTest, CasesOfARunShareWhatTheyHaveInCommon) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  for (const char* id : {"a", "b"}) {
    CaseRecord record = full_record(1);
    record.case_id = id;
    store.put(run, record);
  }
  qbench::Run loaded = store.load_run(run);
  EXPECT_TRUE(loaded.cases[0].predictions.shares_with(loaded.cases[1].predictions));
  EXPECT_TRUE(loaded.cases[0].detections.shares_with(loaded.cases[1].detections));
  EXPECT_EQ(loaded.cases[0].detections.known_hash(), content_hash(full_record(1).detections));
  loaded.cases[0].predictions.edit().front().label = 3;  // of this one alone
  EXPECT_EQ(loaded.cases[1].predictions, full_record(1).predictions);
  EXPECT_NE(loaded.cases[0].predictions, full_record(1).predictions);
}

TEST_F(StoreTest, LatestRunMayBeOfOneSuite) {
  Store store = create();
  EXPECT_EQ(store.latest_run(), std::nullopt);
  const std::int64_t demo = store.begin_run(some_run("demo"));
  const std::int64_t imagenet = store.begin_run(some_run("imagenet"));
  EXPECT_EQ(store.latest_run(), imagenet);
  EXPECT_EQ(store.latest_run("demo"), demo);
  EXPECT_EQ(store.latest_run("' OR 1 --"), std::nullopt);
}

TEST_F(StoreTest, OnlyTheNewestOkRecordIsReused) {
  Store store = create();
  const std::int64_t first = store.begin_run(some_run());
  const std::int64_t second = store.begin_run(some_run());
  EXPECT_EQ(store.find_reusable("a"), std::nullopt);
  CaseRecord old_ok = named("a");
  CaseRecord new_ok = old_ok;
  new_ok.finished = "later";
  store.put(second, new_ok);
  store.put(first, old_ok);
  store.put(store.begin_run(some_run()), named("a", Status::crashed));
  EXPECT_EQ(store.find_reusable("a"), new_ok);
  EXPECT_EQ(store.find_reusable("b"), std::nullopt);
}

TEST_F(StoreTest, UnknownRunIsNamed) {
  Store store = create();
  const auto expected = AllOf(HasSubstr(path_), HasSubstr("no run 7"));
  EXPECT_THAT(error_of([&] { store.load_run(7); }), expected);
  EXPECT_THAT(error_of([&] { store.put(7, named("a")); }), expected);
  EXPECT_THAT(error_of([&] { store.finish_run(7, "now"); }), expected);
  EXPECT_THAT(error_of([&] { store.put_verdicts(7, {}); }), expected);
}

TEST_F(StoreTest, LargeRunsAreQuick) {
  CaseRecord record = named("a");
  for (std::int64_t i = 0; i < 50'000; ++i) record.predictions.push_back({.sample = i});
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  for (int i = 0; i < 20; ++i) {
    record.case_id = std::to_string(i);
    store.put(run, record);
  }
  EXPECT_EQ(store.load_run(run).cases.at(19).predictions, record.predictions);
  EXPECT_LT(std::filesystem::file_size(path_), 50U << 20U);
}

}  // namespace
}  // namespace qbench
