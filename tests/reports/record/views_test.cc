// Views: what a query of them says of records.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

// FP32 and INT8 of one network on batches of 1 and 8, and one case that failed.
class ViewsTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Store store = create();
    const std::int64_t run = store.begin_run(some_run());
    for (const int batch : {1, 8}) {
      for (const char* precision : {"fp32", "int8"}) {
        CaseRecord record = named(fmt::format("{} {}", precision, batch));
        record.model = "net";
        record.precision = precision;
        record.batch_size = batch;
        const bool quantized = record.precision == "int8";
        record.metrics = {make_metric("images", 100), make_metric("top1", quantized ? 0.5 : 0.75),
                          make_metric("latency_median", (quantized ? 2e6 : 8e6) * batch)};
        store.put(run, record);
      }
    }
    CaseRecord failed = named("failed", Status::failed);
    failed.metrics = {make_metric("top1", 0.1), make_metric("latency_median", 1)};
    store.put(run, failed);
  }
};

TEST_F(ViewsTest, CasesHaveEveryMetric) {
  EXPECT_EQ(number("SELECT count(*) FROM v_cases WHERE suite = 'demo' AND run_started = "
                   "'2026-11-24T10:00:00Z'"),
            5);
  EXPECT_EQ(number("SELECT count(*) FROM v_cases WHERE status = 'failed'"), 1);
  EXPECT_EQ(number("SELECT latency_median FROM v_cases WHERE case_id = 'int8 8'"), 16'000'000);
  EXPECT_EQ(number("SELECT map_coco IS NULL FROM v_cases LIMIT 1"), 1);
  for (const MetricInfo& metric : metrics())
    number(fmt::format("SELECT count({}) FROM v_cases", metric.name));
}

TEST_F(ViewsTest, AccuracyIsOneRowForEachVariant) {
  EXPECT_EQ(number("SELECT count(*) FROM v_accuracy"), 2);
  EXPECT_EQ(number("SELECT 100 * top1 FROM v_accuracy WHERE precision = 'int8' AND cases = 2"), 50);
  sql("UPDATE metrics SET value = 0.25 WHERE name = 'top1' AND case_row = "
      "(SELECT id FROM cases WHERE case_id = 'int8 8')");
  EXPECT_EQ(number("SELECT count(*) FROM v_accuracy"), 3);  // where they disagree
}

TEST_F(ViewsTest, LatencyIsBesideThatOfFp32) {
  EXPECT_EQ(number("SELECT count(*) FROM v_latency"), 4);
  EXPECT_EQ(number("SELECT speedup FROM v_latency WHERE precision = 'int8' AND batch_size = 8"), 4);
  EXPECT_EQ(number("SELECT speedup FROM v_latency WHERE precision = 'fp32' AND batch_size = 8"), 1);
  EXPECT_EQ(number("SELECT median_ms FROM v_latency WHERE precision = 'fp32' AND batch_size = 8"),
            64);
}

TEST_F(ViewsTest, OfAnotherProgramAreMadeAnew) {
  sql("DROP VIEW v_latency; DROP VIEW v_cases; CREATE VIEW v_cases AS SELECT 1 AS one");
  create();
  EXPECT_EQ(number("SELECT count(*) FROM v_latency"), 4);
}

}  // namespace
}  // namespace qbench
