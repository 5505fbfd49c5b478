#include "harness/cli/sweep_progress.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <sstream>

#include "reports/text/text.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// What is drawn into a stream in memory.
class SweepProgressTest : public testing::Test {
 protected:
  SweepProgressTest() : stream_(open_memstream(&text_, &size_)) {}
  ~SweepProgressTest() override {
    std::fclose(stream_);
    std::free(text_);
  }

  std::string drawn(SweepProgress::Style style) {
    {
      SweepProgress progress(stream_, style, 60, [this] { return now_ += 1'000'000'000; });
      progress.working("net", {"calibrate", 0, 0});
      progress.working("net", {"score", 0, 100});
      progress.working("net", {"score", 50, 100});
      CaseRecord record;
      record.metrics = {{"top1", 0.5, "fraction", true}, {"latency_median", 2.5e6, "ns", false}};
      progress.case_done(record, "net/fp32", 1, 2);
      record.status = Status::crashed;
      record.reason = "signal 11";
      progress.case_done(record, "net/int8", 2, 2);
      progress.note("a word");
    }
    std::fflush(stream_);
    return {text_, size_};
  }

  std::int64_t now_ = 0;
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

TEST_F(SweepProgressTest, PlainLinesSayEachStepOnce) {
  EXPECT_EQ(drawn(SweepProgress::Style::plain),
            "  net: calibrate\n"
            "  net: score\n"
            "[1/2] net/fp32  50.00 %, 2.500 ms\n"
            "[2/2] net/int8  crashed: signal 11\n"
            "a word\n");
}

TEST_F(SweepProgressTest, StepsOfSeveralLanesAreToldApart) {
  {
    SweepProgress progress(stream_, SweepProgress::Style::plain, 60, [] { return 0; });
    for (const int images : {1, 50, 99}) {
      progress.working("a", {"score", images, 100});
      progress.working("b", {"score", images, 100});
    }
    progress.working("a", {"measure", 0, 0});
    progress.working("b", {"score", 100, 100});
    progress.working("a", {"measure", 0, 0});  // another round
  }
  std::fflush(stream_);
  EXPECT_EQ(std::string(text_, size_), "  a: score\n  b: score\n  a: measure\n  a: measure\n");
}

TEST_F(SweepProgressTest, TheLiveLineHasRateAndTimeLeftAndGoesAway) {
  const std::string text = drawn(SweepProgress::Style::live);
  EXPECT_THAT(text, AllOf(HasSubstr("\r\033[Knet: score 50/100 images, 25/s, 2 s left"),
                          HasSubstr("\r\033[K[1/2] net/fp32"), Not(HasSubstr("left\n"))));
}

TEST_F(SweepProgressTest, LongLinesStayWithinTheWidth) {
  const std::string name = "shapes_resnet50_v1/int8/entropy/5batches/b32/t2/onednn";
  {
    SweepProgress progress(stream_, SweepProgress::Style::plain, 60, [] { return 0; });
    progress.working("any_" + name, {"measure", 0, 0});
    CaseRecord record;
    record.metrics = {{"top1", 0.5, "fraction", true}, {"latency_median", 2.5e6, "ns", false}};
    progress.case_done(record, name, 3, 32);
    record.status = Status::unsupported;
    record.reason = "backend onednn has no such layer, and says so at some length";
    progress.case_done(record, "net/fp16", 4, 32);
    progress.note("warning: the machine is busy with something else, so much is sure");
  }
  std::fflush(stream_);
  EXPECT_EQ(std::string(text_, size_),
            "  …_resnet50_v1/int8/entropy/5batches/b32/t2/onednn: measure\n"
            "[3/32] …t8/entropy/5batches/b32/t2/onednn  50.00 %, 2.500 ms\n"
            "[4/32] net/fp16 unsupported: backend onednn has no such\n"
            "    layer, and says so at some length\n"
            "warning: the machine is busy with something else, so much is\n"
            "    sure\n");
  std::istringstream lines(std::string(text_, size_));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text::display_width(line), 60U);
}

TEST_F(SweepProgressTest, TheLiveLineCutsTheName) {
  {
    SweepProgress progress(stream_, SweepProgress::Style::live, 50, [] { return 0; });
    progress.working("shapes_resnet50_v1 on another_backend", {"score", 50, 100});
  }
  std::fflush(stream_);
  EXPECT_THAT(std::string(text_, size_),
              HasSubstr("\r\033[K…net50_v1 on another_backend: score 50/100 images\r"));
}

TEST_F(SweepProgressTest, QuietIsQuiet) { EXPECT_EQ(drawn(SweepProgress::Style::quiet), ""); }

}  // namespace
}  // namespace qbench
