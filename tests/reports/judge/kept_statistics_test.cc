// What takes long is computed once, and is the same then.
#include "reports/judge/kept_statistics.h"

#include <gtest/gtest.h>

#include "reports/judge/comparison.h"
#include "reports/record/metrics.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

// `found` of each three images: their box.
SharedList<DetectedImage> detections(int images, int found) {
  SharedList<DetectedImage> list;
  for (int i = 0; i < images; ++i) {
    DetectedImage image{
        .sample = i, .detections = {}, .truth = {{.label = 0, .voc = 1, .coco = 1}}};
    if (i % 3 < found)
      image.detections.push_back(
          {.label = 0, .score = 0.9F, .voc = Detection::Outcome::hit, .coco_hits = 1023});
    list.push_back(image);
  }
  return list;
}

class CountingCache : public StatisticsInMemory {
 public:
  void put(const StatisticKey& key, const std::vector<double>& numbers) override {
    ++computed;
    StatisticsInMemory::put(key, numbers);
  }
  int computed = 0;
};

TEST(KeptStatistics, AreTheComputedOnes) {
  const SharedList<DetectedImage> all = detections(30, 3);
  const SharedList<DetectedImage> some = detections(30, 2);
  CountingCache cache;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(compare_precision(all, some, cache), compare_precision(all, some));
    EXPECT_EQ(compare_precision(some, all, cache), compare_precision(some, all));
    EXPECT_EQ(precision_interval(some, cache), precision_interval(some));
    EXPECT_EQ(precision_interval(some, cache, {.resamples = 10}),
              precision_interval(some, {.resamples = 10}));
  }
  EXPECT_EQ(cache.computed, 4);
  EXPECT_EQ(compare_precision(all, detections(29, 2), cache), std::nullopt);
  EXPECT_EQ(cache.computed, 4);
}

TEST(KeptStatistics, NumbersOfAnotherKindAreNotTaken) {
  class Wrong : public StatisticsInMemory {
    std::optional<std::vector<double>> find(const StatisticKey&) override {
      return std::vector<double>(3, 0.5);
    }
  };
  Wrong cache;
  const SharedList<DetectedImage> some = detections(9, 2);
  EXPECT_EQ(precision_interval(some, cache), precision_interval(some));
  EXPECT_EQ(compare_precision(some, some, cache), compare_precision(some, some));
}

// The comparison of one network is computed once, whatever its batch sizes and threads.
TEST(KeptStatistics, AReportComputesEachOnce) {
  qbench::Run run;
  for (const int batch : {1, 8, 32}) {
    for (const char* precision : {"fp32", "int8"}) {
      CaseRecord record = synthetic_case(precision, precision[0] == 'i' ? "naive" : "", 0);
      record.batch_size = batch;
      record.detections = detections(30, precision[0] == 'i' ? 2 : 3);
      record.metrics = {make_metric("map_voc07", 0.5)};
      record.documented.map = 0.5;
      run.cases.push_back(record);
    }
  }
  CountingCache cache;
  const Report first = make_report(run, cache);
  EXPECT_EQ(cache.computed, 3);  // a comparison, and the intervals of both
  const Report second = make_report(run, cache);
  EXPECT_EQ(cache.computed, 3);
  const Report without = make_report(run);
  ASSERT_EQ(first.rows.size(), 3U);
  for (std::size_t i = 0; i < first.rows.size(); ++i) {
    for (const Report* other : {&second, &without}) {
      EXPECT_EQ(first.rows[i].compared[0].precision, other->rows[i].compared[0].precision);
      EXPECT_EQ(first.rows[i].compared[0].map_interval, other->rows[i].compared[0].map_interval);
      EXPECT_EQ(first.rows[i].fp32->map_interval, other->rows[i].fp32->map_interval);
    }
    EXPECT_EQ(first.rows[i].fp32->map_interval, precision_interval(run.cases[0].detections));
  }
}

}  // namespace
}  // namespace qbench
