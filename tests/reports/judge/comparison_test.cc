// Arrangement of cases in rows, and what is compared.
#include "reports/judge/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::ElementsAre;

Report report_of(std::vector<CaseRecord> cases) {
  qbench::Run run;
  run.cases = std::move(cases);
  return make_report(std::move(run));
}

TEST(Comparison, OneRowHoldsAllVariantsInDocumentedOrder) {
  const Report report =
      report_of({synthetic_case("int8", "entropy", 10), synthetic_case("int8", "percentile", 5),
                 synthetic_case("fp32"), synthetic_case("int8", "entropy", 5),
                 synthetic_case("int8", "none"), synthetic_case("int8", "naive", 1)});
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].fp32->index, 2U);
  EXPECT_THAT(report.variants,
              ElementsAre("INT8 none", "INT8 naive, 1 batch", "INT8 entropy, 5 batches",
                          "INT8 entropy, 10 batches", "INT8 percentile, 5 batches"));
  EXPECT_EQ(report.record(report.rows[0].compared[0]).mode, "none");
}

TEST(Comparison, FloatPrecisionsComeBeforeInt8AndAreComparedWithFp32) {
  std::vector<CaseRecord> cases{synthetic_case("int8", "none"), synthetic_case("fp16"),
                                synthetic_case("fp32"), synthetic_case("tf32")};
  for (CaseRecord& record : cases) {
    set_images(record, record.precision == "fp16" ? "1.1" : "111");
    set_latency(record, {record.precision == "fp16" ? 1e6 : 2e6});
  }
  const Report report = report_of(cases);
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_THAT(report.variants, ElementsAre("TF32", "FP16", "INT8 none"));
  const Cell& fp16 = report.rows[0].compared.at(1);
  EXPECT_EQ(fp16.variant, "FP16");
  EXPECT_EQ(fp16.top1->counts, (PairedCounts{.both_right = 2, .only_first = 1}));
  EXPECT_EQ(fp16.speedup->value, 2);
  const std::vector<const Cell*> all = cells_of(report.rows[0]);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], &*report.rows[0].fp32);
  EXPECT_EQ(all[2], &fp16);
}

TEST(Comparison, WhateverElseDiffersIsARowOfItsOwn) {
  std::vector<CaseRecord> cases(7, synthetic_case("fp32"));
  cases[1].model = "other";
  cases[2].model_source = "other";
  cases[3].dataset = "other";
  cases[4].backend = "other";
  cases[5].batch_size = 2;
  cases[6].threads = 2;
  EXPECT_EQ(report_of(cases).rows.size(), 7U);
}

TEST(Comparison, RepeatedVariantsAreTold) {
  CaseRecord uint8 = synthetic_case("int8", "naive", 5);
  uint8.quantized_dtype = "uint8";
  const Report report =
      report_of({synthetic_case("int8", "naive", 5), synthetic_case("int8", "naive", 5), uint8});
  EXPECT_THAT(report.variants, ElementsAre("INT8 naive, 5 batches", "INT8 naive, 5 batches (2)",
                                           "INT8 naive, 5 batches, uint8"));
  EXPECT_THAT(report_of({synthetic_case("fp32"), synthetic_case("fp32")}).variants,
              ElementsAre("FP32 (2)"));
}

TEST(Comparison, PairsImagesAndLatencies) {
  const Report report = make_report(synthetic_run());
  const Cell& naive = report.rows[0].compared[0];
  EXPECT_EQ(naive.variant, "INT8 naive, 5 batches");
  EXPECT_EQ(naive.top1->counts,
            (PairedCounts{.both_right = 6, .only_first = 2, .only_second = 1, .both_wrong = 1}));
  EXPECT_EQ(naive.top1->drop_interval, drop_interval(naive.top1->counts));
  EXPECT_EQ(naive.top1->p_value, mcnemar_p(naive.top1->counts));
  EXPECT_EQ(naive.top5->counts,
            (PairedCounts{.both_right = 7, .only_first = 1, .only_second = 1, .both_wrong = 1}));
  EXPECT_EQ(naive.agreement, (Agreement{.same = 7, .total = 10}));
  EXPECT_NEAR(naive.speedup->value, 2, 1e-12);
  EXPECT_NEAR(naive.speedup->interval->width(), 0, 1e-12);
}

void expect_nothing_compared(const Cell& cell) {
  EXPECT_EQ(cell.top1, std::nullopt);
  EXPECT_EQ(cell.top5, std::nullopt);
  EXPECT_EQ(cell.agreement, std::nullopt);
  EXPECT_EQ(cell.speedup, std::nullopt);
}

TEST(Comparison, NothingIsInvented) {
  CaseRecord fp32 = synthetic_case("fp32");
  CaseRecord int8 = synthetic_case("int8", "naive", 5);
  expect_nothing_compared(report_of({fp32, int8}).rows[0].compared[0]);  // nothing was measured
  for (CaseRecord* record : {&fp32, &int8}) {
    set_images(*record, "11");
    set_latency(*record, {1e6});
  }
  EXPECT_NE(report_of({fp32, int8}).rows[0].compared[0].top1, std::nullopt);
  expect_nothing_compared(report_of({int8}).rows[0].compared[0]);  // no FP32
  int8.status = Status::mistrusted;
  expect_nothing_compared(report_of({fp32, int8}).rows[0].compared[0]);
  int8.status = Status::ok;
  int8.data_hash = "other images";
  EXPECT_EQ(report_of({fp32, int8}).rows[0].compared[0].top1, std::nullopt);
  int8.latency_ns = {0};
  EXPECT_EQ(report_of({fp32, int8}).rows[0].compared[0].speedup, std::nullopt);
}

TEST(Comparison, MistrustedLatencyLeavesTheAccuracy) {
  qbench::Run run = synthetic_run();
  run.cases[2].status = Status::mistrusted;
  run.cases[2].mistrusted = CaseRecord::kLatency;
  const Report report = make_report(run);
  const Row& row = report.rows.front();
  const auto cell = std::ranges::find(row.compared, 2U, &Cell::index);
  ASSERT_NE(cell, row.compared.end());
  EXPECT_TRUE(cell->top1.has_value());
  EXPECT_FALSE(cell->speedup.has_value());
  run.cases[2].mistrusted.clear();
  EXPECT_FALSE(std::ranges::find(make_report(run).rows.front().compared, 2U, &Cell::index)->top1);
}

TEST(Comparison, AnEmptyRunIsAnEmptyReport) {
  const Report report = make_report({});
  EXPECT_TRUE(report.rows.empty());
  EXPECT_TRUE(report.variants.empty());
}

}  // namespace
}  // namespace qbench
