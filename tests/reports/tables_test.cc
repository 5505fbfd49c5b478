// What the tables leave out, merge and say in words.
#include "reports/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/synthetic.h"

namespace qbench::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Report report_of(std::vector<CaseRecord> cases) {
  qbench::Run run;
  run.cases = std::move(cases);
  return make_report(std::move(run));
}

CaseRecord scored(int batch_size, const std::string& images) {
  CaseRecord record = synthetic_case("fp32");
  record.batch_size = batch_size;
  set_images(record, images);
  return record;
}

std::vector<std::string> first_column(const Table& table) {
  std::vector<std::string> texts;
  for (const Line& line : table.lines) texts.push_back(line.entries.at(0).text);
  return texts;
}

TEST(AccuracyTable, BatchSizesThatAgreeAreOneLine) {
  EXPECT_THAT(first_column(accuracy_table(report_of({scored(1, "11."), scored(32, "11.")}))),
              ElementsAre("tiny"));
}

TEST(AccuracyTable, BatchSizesThatDisagreeAreShown) {
  EXPECT_THAT(first_column(accuracy_table(report_of({scored(1, "11."), scored(32, "1..")}))),
              ElementsAre("tiny (batch 1, 1 thread)", "tiny (batch 32, 1 thread)"));
}

TEST(AccuracyTable, ABatchSizeThatWasNotScoredStaysOut) {
  CaseRecord timed = synthetic_case("fp32");
  timed.batch_size = 32;
  const Table table = accuracy_table(report_of({timed, scored(1, "11..")}));
  ASSERT_EQ(table.lines.size(), 1U);
  EXPECT_EQ(table.lines[0].entries.at(4).text, "50.00 / 50.00");
}

TEST(AccuracyTable, DetectionHasMeanAveragePrecision) {
  CaseRecord ssd = synthetic_case("fp32");
  ssd.metrics = {make_metric("map_voc07", 0.83664)};
  ssd.documented.map = 0.83;
  const Table table = accuracy_table(report_of({ssd}));
  EXPECT_EQ(table.columns.at(4).unit, "mAP");
  EXPECT_EQ(table.lines[0].entries.at(4).text, "0.8366 mAP");
  EXPECT_EQ(table.lines[0].entries.at(4).note, "documented 0.8300");
}

TEST(SpeedTable, PercentilesNeedEnoughSamples) {
  CaseRecord record = synthetic_case("fp32");
  record.latency_ns.assign(63, 1e6);
  const auto p90 = [](const CaseRecord& each) {
    return speed_table(report_of({each})).lines.at(0).entries.at(6).text;
  };
  EXPECT_EQ(p90(record), "—");
  record.latency_ns.push_back(1e6);
  EXPECT_EQ(p90(record), "1.000");
}

TEST(Tables, LeaveOutWhatSaysNothing) {
  const std::vector<Table> all = tables(report_of({scored(1, "11.")}));
  ASSERT_EQ(all.size(), 1U);  // nothing compared, nothing timed
  EXPECT_EQ(all[0].caption, "Backend: reference");
  std::vector<std::string> titles;
  for (const Column& column : all[0].columns) titles.push_back(column.title);
  EXPECT_THAT(titles, ElementsAre("Model", "Source", "Data set", "FP32"));
}

TEST(Words, OutcomeCountsEveryStatus) {
  CaseRecord slow = synthetic_case("fp32");
  slow.status = Status::timed_out;
  EXPECT_EQ(outcome(report_of({slow, slow, synthetic_case("int8", "none")})),
            "1 of 3 cases ok, 2 timed out");
  EXPECT_EQ(outcome(report_of({synthetic_case("fp32")})), "1 of 1 case ok");
}

TEST(Words, RemarksAreSaidOnce) {
  CaseRecord record = synthetic_case("int8", "naive", 5);
  record.details =
      R"({"warnings": ["hot", 7], "fp32_layers": [{"layer": 3}, "x", {"layer": "fc"}]})";
  CaseRecord other = record;
  other.batch_size = 32;
  std::vector<std::string> texts;
  for (const Remark& remark : remarks(report_of({record, other}))) {
    texts.push_back(remark.subject + ": " + remark.text);
  }
  EXPECT_THAT(texts, ElementsAre("tiny, naive: hot", "tiny, naive: Layers left in FP32: fc."));
}

TEST(Words, ProblemsGiveReasonAndCommand) {
  const Report report = make_report(synthetic_run());
  const std::vector<Remark> found = problems(report);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].subject, "tiny, INT8 entropy, 5 batches, reference, batch 1, 1 thread");
  EXPECT_EQ(found[0].text, "crashed: signal 11 | in <conv0>");
  EXPECT_THAT(found[0].command, HasSubstr("qbench suite demo"));
}

}  // namespace
}  // namespace qbench::text
