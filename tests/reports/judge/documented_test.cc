#include "reports/judge/documented.h"

#include <gmock/gmock.h>

#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JudgeDocumented, NeedsAFineIntervalToMatch) {
  using enum DocumentedVerdict;
  EXPECT_EQ(judge_documented(0.7587, 0.7590, {0.7543, 0.7637}), matches);
  EXPECT_EQ(judge_documented(0.7587, 0.7500, {0.7452, 0.7548}), worse);
  EXPECT_EQ(judge_documented(0.7587, 0.7700, {0.7654, 0.7746}), better);
  EXPECT_EQ(judge_documented(0.7587, 0.7590, {0.70, 0.82}), inconclusive);
  EXPECT_EQ(judge_documented(0.7587, 0.60, {0.50, 0.70}), worse);
  // So many images that a tenth of a point is outside: no other decoder is that exact.
  EXPECT_EQ(judge_documented(0.7587, 0.7595, {0.7590, 0.7600}), matches);
}

std::vector<std::string> verdicts(const std::vector<CaseRecord>& cases) {
  Run run;
  run.cases = cases;
  const Report report = make_report(run);
  std::vector<std::string> texts;
  for (const DocumentedFigure& figure : documented_figures(report))
    texts.push_back(figure.variant + ": " + figure.text);
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
  EXPECT_THAT(verdicts({missing, crashed}), ElementsAre("FP32: not run: file missing",
                                                        "INT8 naive, 5 batches: not run: crashed"));
}

TEST(DocumentedFigures, AreThoseOfTheCasesThatHaveThem) {
  EXPECT_THAT(verdicts({synthetic_case("fp32")}), IsEmpty());
  CaseRecord measured = synthetic_case("fp32");
  set_images(measured, "11..");
  measured.documented.top1 = 0.99;
  CaseRecord again = measured;  // another batch size: the same figure, once
  again.batch_size = 32;
  EXPECT_THAT(verdicts({measured, again}), ElementsAre("FP32: worse"));
}

}  // namespace
}  // namespace qbench
