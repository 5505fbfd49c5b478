// The comparison of two runs as people and programs read it.
#include "reports/draw/run_comparison.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/draw/grid.h"
#include "reports/text/text.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

RunNames names() { return {"run 1 of nights.sqlite (demo)", "run 2 of nights.sqlite (demo)"}; }

// INT8 naive loses five images and gets slower, INT8 entropy is gone.
RunComparison worse() {
  qbench::Run before = synthetic_run();
  before.cases[1] = synthetic_case("int8", "entropy", 5);
  before.info.environment.add("revision", "abc");
  qbench::Run after = before;
  after.info.id = 5;
  after.info.environment.values.back().second = "def";
  CaseRecord& naive = after.cases[2];
  naive.predictions.clear();
  naive.metrics = {make_metric("model_size", 500'000)};
  set_images(naive, "1.....5.1.");
  for (double& sample : naive.latency_ns) sample *= 1.25;
  after.cases[1].status = Status::crashed;
  after.cases[1].reason = "signal 11 | in <conv0>";
  return compare_runs(before, after);
}

FailOnVerdict verdict_of(const RunComparison& comparison) {
  return judge(comparison, parse_fail_on("top1>0.2pp,latency>5%,size>1%,map>1pp"), true);
}

std::string terminal(const RunComparison& comparison, int width) {
  return comparison_terminal(comparison, verdict_of(comparison), names(), width, false);
}

TEST(DrawnComparison, SaysWhatChanged) {
  EXPECT_THAT(terminal(worse(), 160),
              AllOf(HasSubstr("Before: run 1 of nights.sqlite (demo)\n"),
                    HasSubstr("Differs: revision: abc → def\n"),
                    HasSubstr("\ntiny, reference, batch 1, threads 1\n  FP32 "),
                    HasSubstr("identical"), HasSubstr("crashed"), HasSubstr("+25.0 [+25.0, +25.0]"),
                    HasSubstr("Measured no more: 1 cell"), HasSubstr("signal 11 | in <conv0>"),
                    HasSubstr("latency>5%: FAILED (1 cell, 1 not judged)\n"),
                    HasSubstr("  tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread: worse "
                              "by 25.00 [25.00, 25.00] %, p <0.001\n"),
                    HasSubstr("size>1%: passed (2 cells)\n"), Not(HasSubstr("map>1pp")),
                    HasSubstr("\nWorse.\n")));
}

TEST(DrawnComparison, StaysWithinItsWidth) {
  for (const int width : {60, 80, 100, 160}) {
    std::istringstream lines(terminal(worse(), width));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(text::display_width(line), static_cast<std::size_t>(width)) << line;
      EXPECT_FALSE(line.ends_with(' ')) << '"' << line << '"';
    }
  }
  EXPECT_THAT(terminal(worse(), 60),
              AllOf(HasSubstr("a wider terminal shows also: "), HasSubstr("Accuracy lost, pp"),
                    HasSubstr("Latency, %")));
  EXPECT_THAT(terminal(worse(), 200), Not(HasSubstr("a wider terminal")));
}

TEST(DrawnComparison, OfEqualRunsSaysSo) {
  const RunComparison same = compare_runs(synthetic_run(), synthetic_run());
  EXPECT_THAT(terminal(same, 100),
              AllOf(HasSubstr("top1>0.2pp: passed (2 cells, 2 with identical predictions)\n"),
                    HasSubstr("not ok in both"), HasSubstr("\nNothing is worse.\n")));
}

TEST(DrawnComparison, AsMarkdown) {
  const RunComparison comparison = worse();
  const std::string text = comparison_markdown(comparison, verdict_of(comparison), names());
  EXPECT_THAT(text, AllOf(HasSubstr("## qbench: two runs\n"),
                          HasSubstr("- Before: run 1 of nights.sqlite (demo)\n"),
                          HasSubstr("| Model | Backend |"), HasSubstr("### Verdict\n"),
                          HasSubstr("signal 11 \\| in \\<conv0\\>"), HasSubstr("- Worse.\n")));
}

TEST(DrawnComparison, AsJsonHasEveryFigure) {
  const RunComparison comparison = worse();
  const auto json =
      nlohmann::json::parse(comparison_json(comparison, verdict_of(comparison), names()));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["verdict"], "worse");
  EXPECT_EQ(json["after"]["id"], 5);
  EXPECT_EQ(json["environment_differs"][0]["after"], "def");
  ASSERT_EQ(json["cells"].size(), 3U);
  const auto& fp32 = json["cells"][0];
  EXPECT_EQ(fp32["model"], "tiny");
  EXPECT_EQ(fp32["identical_predictions"], true);
  EXPECT_EQ(fp32["changes"]["latency"]["worse"], nullptr);  // no control
  EXPECT_EQ(json["cells"][1]["standing"], "broken");
  const auto& naive = json["cells"][2];
  EXPECT_EQ(naive["calib_batches"], 5);
  EXPECT_EQ(naive["latency"]["control"], "fp32");
  EXPECT_NEAR(naive["latency"]["corrected"]["ratio"].get<double>(), 1.25, 1e-12);
  EXPECT_EQ(naive["top1"]["only_before"], 5);
  EXPECT_NEAR(naive["changes"]["top1"]["worse"].get<double>(), 0.5, 1e-12);
  EXPECT_EQ(naive["changes"]["latency"]["p_holm"], 0);
  EXPECT_EQ(json["fail_on"][1]["term"], "latency>5%");
  EXPECT_EQ(json["fail_on"][1]["failed"], true);
  EXPECT_EQ(json["measured_no_more"].size(), 1U);
  EXPECT_NEAR(json["drift"]["ratio"].get<double>(), 1, 1e-12);
}

TEST(Grid, LeavesOutColumnsThenNotes) {
  text::Table table{
      .title = {},
      .columns = {text::word("Name"), text::number("First", "pp"), text::number("Second")}};
  table.lines = {{.entries = {{.text = "a case with a long name indeed"},
                              {.text = "1.00", .note = "[0.90, 1.10]"},
                              {.text = "a second figure of some length"}}}};
  EXPECT_EQ(render_grid(table, {.headings = 0, .core = 2}, 100, false),
            "Name                                    First, pp                          Second\n"
            "a case with a long name indeed  1.00 [0.90, 1.10]  a second figure of some length\n");
  EXPECT_EQ(render_grid(table, {.headings = 0, .core = 2}, 60, false),
            "Name                                    First, pp\n"
            "a case with a long name indeed  1.00 [0.90, 1.10]\n"
            "a wider terminal shows also: Second\n");
}

TEST(Grid, PaintsTones) {
  text::Table table{.title = {}, .columns = {text::word("Name")}};
  table.lines = {{.entries = {{.text = "x", .tone = text::Tone::bad}}}};
  EXPECT_EQ(render_grid(table, {}, 60, true), "\x1b[2mName\x1b[0m\n\x1b[31mx\x1b[0m\n");
}

}  // namespace
}  // namespace qbench
