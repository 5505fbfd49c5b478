// States, metrics and look-ups of the record.
#include "reports/record/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/core/error.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

TEST(Status, NamesAreReadBack) {
  for (Status status : {Status::ok, Status::failed, Status::crashed, Status::timed_out,
                        Status::unsupported, Status::skipped, Status::mistrusted}) {
    EXPECT_EQ(status_from_string(to_string(status)), status);
  }
}

TEST(Status, UnknownNameSaysWhatWasExpected) {
  try {
    status_from_string("fine");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'fine', expected ok, failed"));
  }
}

TEST(VerdictWord, NamesAreReadBack) {
  using enum Verdict::Word;
  for (const Verdict::Word word : {ok, worse, inconclusive, mistrusted, not_judged})
    EXPECT_EQ(verdict_word_from_string(to_string(word)), word);
  EXPECT_EQ(to_string(not_judged), "not judged");
  EXPECT_THROW(verdict_word_from_string("fine"), Error);
}

TEST(Prediction, RightWithinTheFirstK) {
  struct Case {
    int label;
    int k;
    bool right;
  };
  constexpr std::array<int, 5> kTop = {7, 3, 9, Prediction::kNone, Prediction::kNone};
  for (const Case& c :
       {Case{7, 1, true}, Case{3, 1, false}, Case{3, 2, true}, Case{9, 5, true}, Case{4, 5, false},
        Case{Prediction::kNone, 5, false}, Case{7, 0, false}, Case{7, 99, true}}) {
    const Prediction prediction{.sample = 0, .label = c.label, .top = kTop};
    EXPECT_EQ(prediction.right(c.k), c.right) << "label " << c.label << " k " << c.k;
  }
}

TEST(Metrics, AreDeclaredOnceWithUnitAndMeaning) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : metrics()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.unit.empty()) << info.name;
    EXPECT_FALSE(info.meaning.empty()) << info.name;
  }
}

TEST(Metrics, ValueCarriesUnitAndDirection) {
  EXPECT_EQ(make_metric("peak_rss", 5), (MetricValue{"peak_rss", 5, "bytes", false}));
  EXPECT_EQ(make_metric("top1", 0.5), (MetricValue{"top1", 0.5, "fraction", true}));
  EXPECT_THROW(make_metric("speed", 1), Error);
}

TEST(CaseRecord, MetricIsAbsentUntilMeasured) {
  CaseRecord record;
  EXPECT_EQ(record.metric("top1"), std::nullopt);
  record.metrics.push_back(make_metric("top1", 0.25));
  EXPECT_EQ(record.metric("top1"), 0.25);
}

TEST(Environment, LeavesOutWhatIsUnknown) {
  Environment environment;
  environment.add("cpu", "Z80");
  environment.add("governor", "");
  EXPECT_EQ(environment.values.size(), 1U);
  EXPECT_EQ(environment.find("cpu"), "Z80");
  EXPECT_EQ(environment.find("governor"), "");
}

}  // namespace
}  // namespace qbench
