#include "reports/judge/history.h"

#include <gmock/gmock.h>

#include <random>

#include "engine/core/error.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

// Nights of four networks, FP32 and INT8; the machine drifts by 5 %, processes differ by 1 %.
class Course {
 public:
  // `int8` and `fp32`: what the first network takes more than usual; `all`: all networks.
  void add(HistoryBuilder& builder, double int8 = 1, double fp32 = 1, double all = 1) {
    qbench::Run run;
    run.info.id = ++night_;
    const double machine = all * noise(0.05);
    for (const char* model : {"a", "b", "c", "d"}) {
      for (const char* precision : {"fp32", "int8"}) {
        CaseRecord record = synthetic_case(precision);
        record.model = model;
        const bool is_int8 = precision == std::string("int8");
        const double factor = model != std::string("a") ? 1 : is_int8 ? int8 : fp32;
        const double ns = (is_int8 ? 4e6 : 8e6) * factor * machine;
        set_latency(record, {ns * noise(0.01), ns * noise(0.01), ns * noise(0.01)});
        run.cases.push_back(record);
      }
    }
    builder.add(run);
  }

 private:
  double noise(double deviation) {
    return std::exp(std::normal_distribution<double>(0, deviation)(random_));
  }
  std::int64_t night_ = 0;
  std::mt19937_64 random_{17};
};

std::vector<std::string> stepped(const History& history) {
  std::vector<std::string> found;
  for (const HistorySeries& series : history.series)
    if (!series.steps.empty()) found.push_back(series.cell.model + " " + series.variant);
  return found;
}

const HistorySeries& find(const History& history, const std::string& model,
                          const std::string& variant) {
  for (const HistorySeries& series : history.series)
    if (series.cell.model == model && series.variant == variant) return series;
  throw Error("no such series");
}

TEST(History, ADriftingMachineIsNoStep) {
  HistoryBuilder builder("latency");
  Course course;
  for (int night = 0; night < 60; ++night) course.add(builder);
  const History history = builder.finish();
  EXPECT_THAT(stepped(history), IsEmpty());
  EXPECT_THAT(history.series, SizeIs(9));  // eight cells and the machine
  EXPECT_THAT(history.runs, SizeIs(60));
  EXPECT_FALSE(has_fresh_alarm(history));
}

TEST(History, ASlowerInt8IsOneStep) {
  HistoryBuilder builder("latency");
  Course course;
  for (int night = 0; night < 30; ++night) course.add(builder);
  for (int night = 0; night < 12; ++night) course.add(builder, 1.05);
  const History history = builder.finish();
  EXPECT_THAT(stepped(history), ElementsAre("a INT8"));
  const HistorySeries& series = find(history, "a", "INT8");
  ASSERT_THAT(series.steps, SizeIs(1));
  EXPECT_EQ(series.points[series.steps[0].first].run, 30U);
  EXPECT_NEAR(series.steps[0].worse, 0.05, 0.01);
  EXPECT_NEAR(series.steps[0].after / series.steps[0].before, 1.05, 0.01);
  EXPECT_TRUE(series.steps[0].alarm);
  EXPECT_FALSE(series.steps[0].fresh);  // it was there the night before
  EXPECT_FALSE(series.uncorrected);
}

TEST(History, AStepIsFreshOnce) {
  int fresh = 0;
  for (int nights = 1; nights <= 12; ++nights) {
    HistoryBuilder builder("latency");
    Course course;
    for (int night = 0; night < 30; ++night) course.add(builder);
    for (int night = 0; night < nights; ++night) course.add(builder, 1.05);
    fresh += has_fresh_alarm(builder.finish()) ? 1 : 0;
  }
  EXPECT_EQ(fresh, 1);
}

TEST(History, AStepIsFreshForAsLongAsIsAskedFor) {
  HistoryBuilder builder("latency");
  Course course;
  for (int night = 0; night < 30; ++night) course.add(builder);
  for (int night = 0; night < 12; ++night) course.add(builder, 1.05);
  EXPECT_TRUE(has_fresh_alarm(builder.finish(12)));
}

TEST(History, AFasterInt8IsAStepAndNoAlarm) {
  HistoryBuilder builder("throughput");
  Course course;
  for (int night = 0; night < 30; ++night) course.add(builder);
  for (int night = 0; night < 12; ++night) course.add(builder, 0.9);
  const History history = builder.finish(12);
  const HistorySeries& series = find(history, "a", "INT8");
  ASSERT_THAT(series.steps, SizeIs(1));
  EXPECT_NEAR(series.steps[0].worse, 1 - 1 / 0.9, 0.02);
  EXPECT_NEAR(series.steps[0].before, 1e9 / 4e6, 20);
  EXPECT_FALSE(series.steps[0].alarm);
  EXPECT_FALSE(has_fresh_alarm(history));
}

TEST(History, ASlowerFp32IsAStepOfItsOwnBesideOthers) {
  HistoryBuilder builder("latency");
  Course course;
  for (int night = 0; night < 30; ++night) course.add(builder);
  for (int night = 0; night < 12; ++night) course.add(builder, 1.1, 1.1);
  EXPECT_THAT(stepped(builder.finish()), ElementsAre("a FP32"));
}

TEST(History, WhatSlowsAllIsAStepOfTheMachine) {
  HistoryBuilder builder("latency");
  Course course;
  for (int night = 0; night < 30; ++night) course.add(builder);
  for (int night = 0; night < 12; ++night) course.add(builder, 1, 1, 1.4);
  EXPECT_THAT(stepped(builder.finish()), ElementsAre("all networks alike drift"));
}

CaseRecord answers(const std::string& images, const std::string& data = "d") {
  CaseRecord record = synthetic_case("fp32");
  record.data_hash = data;
  set_images(record, images);
  return record;
}

History of_answers(const std::vector<CaseRecord>& nights, int last = 1) {
  HistoryBuilder builder("top1");
  std::int64_t id = 0;
  for (const CaseRecord& record : nights) {
    qbench::Run run;
    run.info.id = ++id;
    run.cases = {record};
    builder.add(run);
  }
  return builder.finish(last);
}

TEST(History, EqualPredictionsAreNoStep) {
  const History history = of_answers({answers("111."), answers("111."), answers("111.")});
  EXPECT_THAT(stepped(history), IsEmpty());
  EXPECT_THAT(history.series[0].points, SizeIs(3));
}

TEST(History, OtherPredictionsAreAStepAtOnce) {
  const std::string good(40, '1');
  const std::string bad = std::string(20, '1') + std::string(20, '5');
  const History history = of_answers({answers(good), answers(good), answers(bad)});
  ASSERT_THAT(history.series[0].steps, SizeIs(1));
  const HistoryStep& step = history.series[0].steps[0];
  EXPECT_EQ(step.first, 2U);
  EXPECT_DOUBLE_EQ(step.before, 1);
  EXPECT_DOUBLE_EQ(step.after, 0.5);
  EXPECT_DOUBLE_EQ(step.worse, 0.5);
  EXPECT_TRUE(step.alarm && step.fresh);
  const History later = of_answers({answers(good), answers(bad), answers(bad)});
  EXPECT_FALSE(has_fresh_alarm(later));
  EXPECT_TRUE(later.series[0].steps[0].alarm);
}

TEST(History, AChangeThatChanceExplainsIsNoAlarm) {
  const History history = of_answers({answers("1111111111"), answers("111111111.")});
  ASSERT_THAT(history.series[0].steps, SizeIs(1));
  EXPECT_FALSE(history.series[0].steps[0].alarm);
}

TEST(History, OtherImagesBeginAnew) {
  const History history = of_answers({answers("1111"), answers("1..."), answers("1...", "e")});
  EXPECT_THAT(history.series[0].points, SizeIs(1));
  EXPECT_THAT(stepped(history), IsEmpty());
  EXPECT_THAT(history.series[0].remarks,
              ElementsAre("begins with run 3: before, other images were scored"));
}

TEST(History, CasesThatAreNotOkDoNotCount) {
  CaseRecord failed = answers("....");
  failed.status = Status::failed;
  EXPECT_THAT(of_answers({answers("1111"), failed, answers("1111")}).series[0].points, SizeIs(2));
}

TEST(History, AnySizeThatChangesIsAStep) {
  HistoryBuilder builder("size");
  for (const double size : {4e6, 4e6, 5e6}) {
    qbench::Run run;
    run.cases = {synthetic_case("int8")};
    run.cases[0].metrics = {make_metric("model_size", size)};
    builder.add(run);
  }
  const History history = builder.finish();
  ASSERT_THAT(history.series[0].steps, SizeIs(1));
  EXPECT_DOUBLE_EQ(history.series[0].steps[0].worse, 0.25);
  EXPECT_TRUE(has_fresh_alarm(history));
}

TEST(History, AnUnknownMetricNamesTheNearest) {
  EXPECT_THAT([] { HistoryBuilder("latencie"); },
              ThrowsMessage<Error>(HasSubstr("did you mean 'latency'?")));
  EXPECT_THAT([] { HistoryBuilder("x"); }, ThrowsMessage<Error>(HasSubstr("latency, throughput")));
}

}  // namespace
}  // namespace qbench
