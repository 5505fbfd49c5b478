// What the tables leave out, merge and say in words.
#include "reports/draw/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/synthetic.h"

namespace qbench::text {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_EQ(table.lines[0].entries.at(4).text, "0.8366");
  EXPECT_EQ(table.lines[0].entries.at(4).note, "documented 0.8300");
}

// FP32 and INT8 of a detector on three images with one box each, all found, but for the last one in
// INT8.
Report detector_report() {
  std::vector<CaseRecord> cases{synthetic_case("fp32"), synthetic_case("int8", "naive", 5)};
  for (CaseRecord& record : cases) {
    for (std::int64_t sample = 0; sample < 3; ++sample) {
      const bool found = record.precision == "fp32" || sample < 2;
      const Detection hit{
          .label = 0, .score = 0.9F, .voc = Detection::Outcome::hit, .coco_hits = 1023};
      record.detections.push_back(
          {.sample = sample,
           .detections = found ? std::vector{hit} : std::vector<Detection>(),
           .truth = {{.label = 0, .voc = 1, .coco = 1}}});
    }
    record.metrics = {make_metric("map_voc07", record.precision == "fp32" ? 1.0 : 7.0 / 11)};
    record.details =
        R"({"classes": [{"class": 0, "name": "cat", "voc07": 0.5}, {"class": 7, "voc07": null}]})";
  }
  return report_of(cases);
}

TEST(DetectionTable, PairsTheNetworks) {
  const Table table = detection_table(detector_report());
  ASSERT_EQ(table.lines.size(), 2U);
  EXPECT_EQ(table.lines[0].entries.at(5).text, "1.0000");
  EXPECT_EQ(table.lines[1].entries.at(3).text, "INT8 naive, 5 batches");
  // Not reached: 4 of 11 recalls, a third of the area, 34 of 101 recalls.
  EXPECT_EQ(table.lines[1].entries.at(6).text, "36.36");
  EXPECT_EQ(table.lines[1].entries.at(8).text, "33.33");
  EXPECT_EQ(table.lines[1].entries.at(10).text, "33.66");
  for (const std::size_t drop : {6U, 8U, 10U})
    EXPECT_TRUE(table.lines[1].entries.at(drop).whisker.has_value());
}

TEST(ClassTable, HasALineForEachClass) {
  const Table table = class_table(detector_report());
  EXPECT_TRUE(table.folded);
  ASSERT_EQ(table.lines.size(), 2U);
  EXPECT_EQ(table.lines[0].entries.at(1).text, "cat");
  EXPECT_EQ(table.lines[0].entries.at(3).text, "0.500");
  EXPECT_EQ(table.lines[1].entries.at(1).text, "class 7");
  EXPECT_EQ(table.lines[1].entries.at(2).text, "—");
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

// One case on a GPU, one on the CPU, one that failed.
Report gpu_report() {
  std::vector<CaseRecord> cases(3, synthetic_case("fp16"));
  for (CaseRecord& record : cases) record.metrics = {make_metric("weights_resident", 5e6)};
  for (const auto& [name, value] : {std::pair{"to_device", 1.5e6},
                                    {"compute", 2e7},
                                    {"to_host", 2e3},
                                    {"arena", 1e6},
                                    {"scratch", 2e8},
                                    {"library", 3e8}}) {
    cases[0].metrics.push_back(make_metric(name, value));
    cases[2].metrics.push_back(make_metric(name, value));
  }
  cases[0].batch_size = 32;
  cases[2].batch_size = 256;
  cases[2].status = Status::failed;
  return report_of(cases);
}

TEST(DeviceTable, HasWhatRanOnAGpu) {
  const Table table = device_table(gpu_report());
  ASSERT_EQ(table.lines.size(), 1U);
  std::vector<std::string> texts;
  for (const Entry& entry : table.lines[0].entries) texts.push_back(entry.text);
  EXPECT_THAT(texts, ElementsAre("tiny", "reference", "32", "FP16", "1.500", "20.00", "0.0020", "—",
                                 "—", "5.00", "1.00", "200", "300"));
  EXPECT_TRUE(device_table(make_report(synthetic_run())).lines.empty());
}

TEST(DeviceTable, TellsTheClockWhereItIsKnown) {
  const auto shown = [](const Report& report) {
    std::string titles;
    for (const Table& table : tables(report)) {
      if (!table.title.starts_with("Time and memory")) continue;
      for (const Column& column : table.columns) titles += column.title + " ";
      for (const Entry& entry : table.lines.at(0).entries) titles += entry.text + " ";
      for (const std::string& note : table.notes) titles += note;
    }
    return titles;
  };
  CaseRecord record = synthetic_case("fp16");
  record.metrics.push_back(make_metric("compute", 2e7));
  EXPECT_THAT(shown(report_of({record})), Not(AnyOf(HasSubstr("Clock"), HasSubstr("Discarded"))));
  record.metrics.push_back(make_metric("clock", 1980));
  record.metrics.push_back(make_metric("discarded", 3));
  EXPECT_THAT(shown(report_of({record})),
              AllOf(HasSubstr("Clock Discarded "), HasSubstr("1,980 3 "), HasSubstr("clock was")));
}

TEST(Titles, NameWhatIsCompared) {
  const auto compared = [](std::initializer_list<const char*> precisions) {
    std::vector<CaseRecord> cases;
    for (const char* precision : precisions) cases.push_back(synthetic_case(precision));
    return compared_precisions(report_of(cases));
  };
  EXPECT_EQ(compared({"fp32", "int8"}), "INT8");
  EXPECT_EQ(compared({"fp32", "int8", "fp16"}), "FP16 and INT8");
  EXPECT_EQ(compared({"int8", "fp16", "tf32"}), "TF32, FP16 and INT8");
  EXPECT_EQ(detection_table(report_of({synthetic_case("fp16")})).title,
            "Detection, FP16 against FP32");
}

TEST(Titles, NameNothingThatWasNotMeasured) {
  std::vector<CaseRecord> cases;
  for (const char* precision : {"fp32", "tf32", "fp16", "int8"}) {
    cases.push_back(synthetic_case(precision));
    set_images(cases.back(), "111.");
  }
  cases[1].status = Status::unsupported;
  cases[2].status = Status::crashed;
  EXPECT_EQ(compared_precisions(report_of(cases)), "INT8");
  EXPECT_EQ(change_table(report_of(cases)).title, "INT8 against FP32, image by image");
  cases.push_back(synthetic_case("fp16"));  // another case of it, and that one was measured
  EXPECT_EQ(compared_precisions(report_of(cases)), "FP16 and INT8");
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
