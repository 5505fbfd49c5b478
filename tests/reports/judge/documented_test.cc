#include "reports/judge/documented.h"

#include <gmock/gmock.h>

#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(JudgeDocumented, MatchesWhereAllOfTheIntervalIsWithinHalfAPoint) {
  using enum DocumentedVerdict;
  constexpr double kDocumented = 0.75;
  EXPECT_EQ(judge_documented(kDocumented, 0.75, {0.7451, 0.7549}), matches);
  EXPECT_EQ(judge_documented(kDocumented, 0.75, {0.7449, 0.7549}), inconclusive);
  EXPECT_EQ(judge_documented(kDocumented, 0.75, {0.7451, 0.7551}), inconclusive);
  // To one side, but shown to be near.
  EXPECT_EQ(judge_documented(kDocumented, 0.753, {0.751, 0.7549}), matches);
  EXPECT_EQ(judge_documented(kDocumented, 0.747, {0.7451, 0.749}), matches);
  // To one side, and not shown to be near.
  EXPECT_EQ(judge_documented(kDocumented, 0.753, {0.7501, 0.7559}), better);
  EXPECT_EQ(judge_documented(kDocumented, 0.747, {0.7441, 0.7499}), worse);
  EXPECT_EQ(judge_documented(kDocumented, 0.60, {0.50, 0.70}), worse);
  EXPECT_EQ(judge_documented(kDocumented, 0.90, {0.80, 0.95}), better);
  EXPECT_EQ(judge_documented(kDocumented, 0.76, {0.70, 0.82}), inconclusive);
}

Report report_of(const std::vector<CaseRecord>& cases) {
  Run run;
  run.cases = cases;
  return make_report(run);
}

std::vector<std::string> verdicts(const std::vector<CaseRecord>& cases) {
  std::vector<std::string> texts;
  const Report report = report_of(cases);
  for (const DocumentedFigure& figure : documented_figures(report))
    texts.push_back(figure.variant + " " + figure.metric + ": " + figure.text);
  return texts;
}

TEST(DocumentedFigures, SayWhyThereIsNoMeasuredOne) {
  CaseRecord missing = synthetic_case("fp32");
  missing.documented.top1 = 0.75;
  missing.status = Status::skipped;
  missing.reason = "missing net-symbol.json";
  CaseRecord crashed = synthetic_case("int8", "naive", 5);
  crashed.documented.map = 0.75;
  crashed.status = Status::crashed;
  EXPECT_THAT(verdicts({missing, crashed}),
              ElementsAre("FP32 top1: not run: file missing",
                          "INT8 naive, 5 batches map_voc07: not run: crashed"));
}

TEST(DocumentedFigures, AreThoseOfTheCasesThatHaveThem) {
  EXPECT_THAT(verdicts({synthetic_case("fp32")}), IsEmpty());
  CaseRecord measured = synthetic_case("fp32");
  set_images(measured, "1155..");
  measured.documented = {.top1 = 0.99, .top5 = 0.6, .map = {}};
  CaseRecord again = measured;  // another batch size: the same figures, once
  again.batch_size = 32;
  EXPECT_THAT(verdicts({measured, again}),
              ElementsAre("FP32 top1: worse", HasSubstr("FP32 top5: inconclusive (needs about ")));
  measured.documented = {.top1 = {}, .top5 = 0.001, .map = {}};  // top-5 alone
  EXPECT_THAT(verdicts({measured}), ElementsAre("FP32 top5: better"));
}

// With as many images as are needed the interval is half a point to either side.
TEST(DocumentedFigures, SayHowManyImagesWouldTell) {
  CaseRecord measured = synthetic_case("fp32");
  std::string images(400, '1');
  images.append(100, '.');
  set_images(measured, images);
  measured.documented.top1 = 0.8;
  const Report report = report_of({measured});
  const DocumentedFigure figure = documented_figures(report).at(0);
  EXPECT_EQ(figure.verdict, DocumentedVerdict::inconclusive);
  EXPECT_EQ(figure.interval, proportion_interval(400, 500));
  const std::int64_t needed = figure.images_needed.value();
  const Interval then = proportion_interval(needed * 4 / 5, needed);
  EXPECT_NEAR(then.width() / 2, kDocumentedMargin, 5e-5);
  const Interval with_some_more = proportion_interval(needed * 41 / 50, needed * 41 / 40);
  EXPECT_EQ(judge_documented(0.8, 0.8, with_some_more), DocumentedVerdict::matches);
}

TEST(DocumentedFigures, OneImageWithoutAFaultMatchesNothing) {
  CaseRecord detector = synthetic_case("fp32");
  detector.detections.push_back(
      {.sample = 0,
       .detections = {{.label = 0, .score = 0.9F, .voc = Detection::Outcome::hit}},
       .truth = {{.label = 0, .voc = 1, .coco = 1}}});
  detector.metrics = {make_metric("map_voc07", 1)};
  detector.documented.map = 0.999;
  EXPECT_THAT(verdicts({detector}), ElementsAre(HasSubstr("map_voc07: inconclusive")));
}

TEST(DocumentedVerdicts, AreKeptAndFailNothing) {
  CaseRecord measured = synthetic_case("fp32");
  set_images(measured, "11..");
  measured.documented = {.top1 = 0.99, .top5 = 0.01, .map = {}};
  CaseRecord missing = synthetic_case("int8", "naive", 5);
  missing.documented.top1 = 0.9;
  missing.status = Status::skipped;
  const std::vector<Verdict> kept = documented_verdicts(report_of({measured, missing}));
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].rule, "top1 as documented: 0.99 +- 0.005");
  EXPECT_EQ(kept[0].kind, "documented");
  EXPECT_EQ(kept[0].case_id, measured.case_id);
  EXPECT_EQ(kept[0].word, Verdict::Word::worse);
  EXPECT_EQ(kept[0].value, 0.5);
  EXPECT_EQ(kept[0].bound, 0.99);
  EXPECT_EQ(kept[0].interval, proportion_interval(2, 4));
  EXPECT_EQ(kept[1].word, Verdict::Word::ok);
  EXPECT_EQ(kept[1].reason, "better");
  EXPECT_EQ(kept[2].word, Verdict::Word::not_judged);
  EXPECT_EQ(kept[2].interval, std::nullopt);
  for (const Verdict& verdict : kept) EXPECT_FALSE(verdict.failed);
}

}  // namespace
}  // namespace qbench
