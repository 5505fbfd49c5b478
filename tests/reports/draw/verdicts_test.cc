// Verdicts stand first in every report, and name every case that fails.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reports/draw/exporters.h"
#include "reports/draw/tables.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Verdict verdict(const std::string& rule, const std::string& case_id, Verdict::Word word,
                bool failed, const std::string& reason) {
  return {.rule = rule,
          .kind = "min",
          .place = "s.yaml:1:1",
          .case_id = case_id,
          .word = word,
          .failed = failed,
          .value = 0.7,
          .bound = 0.75,
          .interval = Interval{0.6, 0.8},
          .images_needed = 31'000,
          .reason = reason};
}

Report judged_report() {
  using enum Verdict::Word;
  Run run = synthetic_run();
  run.verdicts = {
      verdict("top1: at least 0.75", "fp32", ok, false, "found 0.8"),
      verdict("top1: at least 0.75", "int8naive5", worse, true, "found 0.7"),
      verdict("top1: at least 0.75", "int8entropy5", not_judged, true, "crashed: signal 11"),
      verdict("top5: at least 0.5", "fp32", ok, false, "found 0.8"),
      verdict("top5: at least 0.5", "int8naive5", ok, false, "expected failure: known (found 0.7)"),
      verdict("map_voc07: at least 0.5", "", not_judged, false, "left out by --models"),
  };
  run.verdicts[2].interval.reset();
  run.verdicts.push_back(verdict("top1 as documented: 0.81", "fp32", worse, false, "worse"));
  run.verdicts.back().kind = "documented";
  return make_report(run);
}

constexpr const char* kTerminal =
    R"(gate FAILED: top1: at least 0.75 (2 of 3 cases)
  tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread: worse: found 0.7 [0.6, 0.8]
  tiny, INT8 entropy, 5 batches, reference, batch 1, 1 thread: not judged: crashed: signal 11
gate passed: top5: at least 0.5
  tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread: ok: expected failure: known (found 0.7) [0.6, 0.8]
gate not judged: map_voc07: at least 0.5 (left out by --models)
)";

TEST(Verdicts, StandFirstOnTheTerminal) {
  EXPECT_EQ(render_verdicts(judged_report(), false), kTerminal);
  const std::string whole = render_terminal(judged_report(), 80, false);
  EXPECT_TRUE(whole.starts_with(kTerminal)) << whole;
  EXPECT_THAT(whole, HasSubstr("demo <small>: 2 of 3 cases ok, 1 crashed; 1 of 3 gates passed, 1 "
                               "FAILED, 1 not judged\n"));
  EXPECT_THAT(render_verdicts(judged_report(), true),
              AllOf(HasSubstr("\x1b[31mgate FAILED"), HasSubstr("\ngate passed")));
}

TEST(Verdicts, TheTerminalNamesSomeOfManyCases) {
  qbench::Run run = synthetic_run();
  for (int i = 0; i < 7; ++i) {
    run.verdicts.push_back(verdict("top1: at least 0.75", "case " + std::to_string(i),
                                   Verdict::Word::worse, true, "found 0.7"));
  }
  const Report report = make_report(run);
  EXPECT_THAT(
      render_verdicts(report, false),
      AllOf(HasSubstr("case 4: worse"), Not(HasSubstr("case 5")), HasSubstr("  and 2 more\n")));
  for (const char* format : {"markdown", "html", "json"}) {
    for (int i = 0; i < 7; ++i)
      EXPECT_THAT(find_exporter(format).render(report), HasSubstr("case " + std::to_string(i)));
  }
}

constexpr const char* kMarkdown = R"(### Gates

| Gate | Verdict | Cases | Found |
| --- | --- | --- | --- |
| top1: at least 0.75 | FAILED | 2 of 3 cases |  |
| top1: at least 0.75 | worse | tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread | found 0.7 [0.6, 0.8] |
| top1: at least 0.75 | not judged | tiny, INT8 entropy, 5 batches, reference, batch 1, 1 thread | crashed: signal 11 |
| top5: at least 0.5 | passed | 2 cases |  |
| top5: at least 0.5 | ok | tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread | expected failure: known (found 0.7) [0.6, 0.8] |
| map_voc07: at least 0.5 | not judged |  | left out by --models |
)";

TEST(Verdicts, StandFirstInMarkdownAndHtml) {
  const std::string markdown = find_exporter("markdown").render(judged_report());
  EXPECT_THAT(markdown, HasSubstr(kMarkdown));
  EXPECT_LT(markdown.find("### Gates"), markdown.find("### Documented"));
  const std::string html = find_exporter("html").render(judged_report());
  EXPECT_LT(html.find("<h2>Gates</h2>"), html.find("<h2>Documented"));
  EXPECT_THAT(html, HasSubstr(R"(<span class="bad">FAILED</span>)"));
  EXPECT_THAT(html, HasSubstr(R"(<span class="good">passed</span>)"));
}

TEST(Verdicts, HowMarginsAreJudgedIsSaidWhereThereAreSome) {
  Report report = judged_report();
  EXPECT_THAT(find_exporter("markdown").render(report), Not(HasSubstr("Holm")));
  report.run.verdicts[1].kind = "margin";
  EXPECT_THAT(find_exporter("markdown").render(report),
              AllOf(HasSubstr("Holm"), HasSubstr("| found 0.7 |")));
}

TEST(Verdicts, AreAllInJson) {
  const auto whole = nlohmann::json::parse(find_exporter("json").render(judged_report()));
  const auto alone = nlohmann::json::parse(render_verdicts_json(judged_report()));
  EXPECT_EQ(whole["verdicts"], alone["verdicts"]);
  EXPECT_EQ(alone["run"], 4);
  EXPECT_EQ(alone["suite"], "demo <small>");
  ASSERT_EQ(alone["verdicts"].size(), 7U);
  const auto& worse = alone["verdicts"][1];
  EXPECT_EQ(worse["rule"], "top1: at least 0.75");
  EXPECT_EQ(worse["kind"], "min");
  EXPECT_EQ(worse["place"], "s.yaml:1:1");
  EXPECT_EQ(worse["case_id"], "int8naive5");
  EXPECT_EQ(worse["verdict"], "worse");
  EXPECT_EQ(worse["failed"], true);
  EXPECT_EQ(worse["value"], 0.7);
  EXPECT_EQ(worse["bound"], 0.75);
  EXPECT_EQ(worse["interval"], (std::vector{0.6, 0.8}));
  EXPECT_EQ(worse["images_needed"], 31'000);
  EXPECT_EQ(worse["reason"], "found 0.7");
}

TEST(Verdicts, WithoutGatesNothingIsSaid) {
  const Report report = make_report(synthetic_run());
  EXPECT_EQ(render_verdicts(report, false), "");
  EXPECT_THAT(render_terminal(report, 80, false), Not(HasSubstr("gate")));
  EXPECT_THAT(find_exporter("markdown").render(report), Not(HasSubstr("Gates")));
}

// ---- what is coloured

// FP32 and INT8 on the same images, of which INT8 loses `lost` and gains `gained`.
Report drop_report(int images, int lost, int gained) {
  std::string fp32(static_cast<std::size_t>(images), '1');
  std::fill_n(fp32.begin(), images / 2, '.');
  std::string int8 = fp32;
  std::fill_n(int8.begin(), gained, '1');
  std::fill_n(int8.rbegin(), lost, '.');
  Run run;
  run.cases = {synthetic_case("fp32"), synthetic_case("int8", "naive", 5)};
  set_images(run.cases[0], fp32);
  set_images(run.cases[1], int8);
  return make_report(run);
}

text::Tone drop_tone(const Report& report) {
  return text::change_table(report).lines.at(0).entries.at(5).tone;
}

// The line of INT8 on the terminal is painted only in its drop.
bool is_painted_bad(const Report& report) {
  return render_terminal(report, 80, true).find("\x1b[31m") != std::string::npos;
}
bool is_painted_good(const Report& report) {
  return render_terminal(report, 80, true).find("\x1b[32m") != std::string::npos;
}

TEST(Tones, ADropIsColouredOnlyWhereItsIntervalLeavesOutNone) {
  const Report lost = drop_report(1000, 60, 20);
  const Report unclear = drop_report(100, 6, 2);  // the same drop, of fewer images
  const Report gained = drop_report(1000, 20, 60);
  ASSERT_GT(lost.rows[0].compared[0].top1->drop_interval.low, 0);
  ASSERT_LT(unclear.rows[0].compared[0].top1->drop_interval.low, 0);
  EXPECT_EQ(drop_tone(lost), text::Tone::bad);
  EXPECT_EQ(drop_tone(unclear), text::Tone::plain);
  EXPECT_EQ(drop_tone(gained), text::Tone::good);
  EXPECT_TRUE(is_painted_bad(lost));
  EXPECT_FALSE(is_painted_good(lost));
  EXPECT_FALSE(is_painted_bad(unclear));
  EXPECT_FALSE(is_painted_good(unclear));
  EXPECT_FALSE(is_painted_bad(gained));
  EXPECT_TRUE(is_painted_good(gained));
}

TEST(Tones, AnIntervalThatEndsAtNoneHoldsIt) {
  EXPECT_EQ(text::tone_of_drop({0, 0.1}), text::Tone::plain);
  EXPECT_EQ(text::tone_of_drop({1e-9, 0.1}), text::Tone::bad);
  EXPECT_EQ(text::tone_of_drop({-0.1, 0}), text::Tone::plain);
  EXPECT_EQ(text::tone_of_drop({-0.1, -1e-9}), text::Tone::good);
}

}  // namespace
}  // namespace qbench
