// Every exporter on the same small run, as golden text where it is text for people.
#include "reports/draw/exporters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "engine/core/error.h"
#include "reports/record/fields.h"
#include "reports/text/text.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::HasSubstr;
using testing::Not;

const Report& small_report() {
  static const Report report = make_report(synthetic_run());
  return report;
}

std::string render(std::string_view name, const Report& report) {
  return find_exporter(name).render(report);
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(Exporters, AreFoundByNameAndByFile) {
  for (const Exporter& exporter : exporters()) {
    EXPECT_EQ(&find_exporter(exporter.name), &exporter);
    EXPECT_EQ(&exporter_for_file("out/report" + std::string(exporter.extension)), &exporter);
    EXPECT_FALSE(exporter.description.empty());
  }
  try {
    exporter_for_file("report.pdf");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'report.pdf', expected a name that ends in one of .md"));
  }
  EXPECT_THROW(find_exporter("pdf"), Error);
}

TEST(Exporters, EmptyRunsAndRunsWithoutMeasurementsRender) {
  qbench::Run skipped;
  skipped.cases = {synthetic_case("fp32"), synthetic_case("int8", "none")};
  for (const qbench::Run& run : {qbench::Run{}, skipped}) {
    const Report report = make_report(run);
    for (const Exporter& exporter : exporters()) EXPECT_FALSE(exporter.render(report).empty());
    EXPECT_FALSE(render_terminal(report, 80, false).empty());
  }
}

constexpr const char* kMarkdown = R"(## qbench: demo \<small\>

2 of 3 cases ok, 1 crashed. Run 4, started 2026-11-24T10:00:00Z, finished 2026-11-24T10:01:00Z.

    qbench suite demo

### Documented and measured

| Model | Network | Figure | Documented | Measured | Difference, points | Verdict |
| --- | --- | --- | ---: | ---: | ---: | --- |
| tiny | FP32 | top-1 | 81.00 | 80.00 [49.02, 94.33] | −1.00 | inconclusive (needs about 5,200 images) |
| tiny | FP32 | top-5 | 90.00 | 80.00 [49.02, 94.33] | −10.00 | inconclusive (needs about 52 images) |

- In brackets: 95 % interval of the measured figure (top-1, top-5: Wilson; mAP: bootstrap over images), times 100. The documented figure counts as exact, and nothing is paired: which images it is of is not known.
- matches: all of the interval lies within 0.5 points of the documented figure (two one-sided tests at 2.5 % each). better, worse: it does not, and all of it lies to one side of the documented figure. inconclusive: it holds the documented figure.

### Accuracy

Backend: reference

| Model | Source | Data set | FP32, top-1 / top-5 | INT8 naive, 5 batches, top-1 / top-5 | INT8 entropy, 5 batches, top-1 / top-5 |
| --- | --- | --- | ---: | ---: | ---: |
| tiny | seeded | shapes | 80.00 / 80.00 (documented 81.00 / 90.00) | 70.00 / 80.00 | crashed |

- Images scored: 10.
- Top-1 and top-5: per cent of the images whose label is the first guess, or among the first five.

### INT8 against FP32, image by image

Data set: shapes · Backend: reference · Images: 10

| Model | Network | Top-1 drop, points | Top-5 drop, points | Lost, images | Gained, images | Flips, % | Same top-1, % | p |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| tiny | INT8 naive, 5 batches | 10.00 [−26.46, 43.54] | 0.00 [−33.31, 33.31] | 2 | 1 | 30.00 | 70.00 | 0.62 |

- Both networks saw the same images in the same engine, the FP32 one with its layers fused.
- Drop: accuracy of FP32 less that of the network in the line, in percentage points (above 0: FP32 is better), with a 95 % interval for paired proportions (Newcombe 1998, method 10).
- Lost, gained: images that FP32 alone, the network in the line alone got right (top-1). Flips: their share of all images, which a small drop may hide. Same top-1: same first guess, right or wrong.
- p: McNemar's test that both are right equally often (exact mid-p up to 100 flips, chi-squared with continuity correction above). A large p is no proof that nothing was lost: the interval says how much may have been.

### Speed and size

Backend: reference · Batch: 1 · Threads: 1

| Model | Precision | Median, ms | Images/s | Speed-up | Parameters, MB |
| --- | --- | ---: | ---: | ---: | ---: |
| tiny | FP32 | 8.000 [8.000, 8.000] | 125.0 | — | 2.00 |
| tiny | INT8 naive, 5 batches | 4.000 [4.000, 4.000] | 250.0 | 2.00× [2.00, 2.00] | 0.50 |
| tiny | INT8 entropy, 5 batches | crashed | — | — | — |

- Latency: time of one batch, each case alone in fresh processes, those of a network in turns; the geometric mean of the processes' medians, with the 95 % interval that these give (Student, of logarithms). A percentile is shown only where there are enough samples for it (64 for p90, 662 for p99). No interval: one process.
- Speed-up: latency of FP32 over that of the network in the line, same engine, batch size and threads, FP32 with its layers fused; geometric mean over the rounds, each the ratio of two neighbouring processes, with its 95 % interval.
- Peak memory: of the whole process. Parameters: as saved in a file. 1 MB = 1,000,000 bytes.

### Not measured

- **tiny, INT8 entropy, 5 batches, reference, batch 1, 1 thread**: crashed: signal 11 \| in \<conv0\>

      qbench suite demo --modes entropy

### Remarks

- **tiny, naive**: 2 images calibrate and score
- **tiny, naive**: Layers left in FP32: fc (excluded).

### Machine and build

| | |
| --- | --- |
| CPU | Z80 \& co |
)";

TEST(Markdown, Golden) { EXPECT_EQ(render("markdown", small_report()), kMarkdown); }

constexpr const char* kTerminal =
    R"(                             accuracy    drop, 95 % interval median ms  speed-up
tiny, reference, batch 1, 1 thread
  FP32                          80.00                            8.000
  INT8 naive, 5 batches         70.00  10.00 [−26.46, 43.54]     4.000     2.00×
  INT8 entropy, 5 batches                                                crashed

                        documented  measured   diff.
tiny
  FP32                       81.00     80.00   −1.00  inconclusive (n≥5,200)
    top-5                    90.00     80.00  −10.00  inconclusive (n≥52)

tiny, INT8 entropy, 5 batches, reference, batch 1, 1 thread: crashed: signal 11 | in <conv0>
warning: tiny, naive: 2 images calibrate and score
demo <small>: 2 of 3 cases ok, 1 crashed
)";

TEST(Terminal, Golden) { EXPECT_EQ(render_terminal(small_report(), 80, false), kTerminal); }

TEST(Terminal, FloatPrecisionsStandBesideFp32) {
  qbench::Run run = synthetic_run();
  CaseRecord fp16 = synthetic_case("fp16");
  set_images(fp16, "11111111..");
  set_latency(fp16, {2e6, 2e6, 2e6});
  CaseRecord tf32 = synthetic_case("tf32");
  tf32.status = Status::unsupported;
  tf32.reason = "backend reference has no tf32, it has fp32, int8";
  run.cases = {run.cases[0], fp16, tf32};
  EXPECT_THAT(render_terminal(make_report(run), 80, false),
              HasSubstr(
                  R"(tiny, reference, batch 1, 1 thread
  FP32                          80.00                            8.000
  TF32                                                               unsupported
  FP16                          80.00   0.00 [−23.55, 23.55]     2.000     4.00×
)"));
}

TEST(Terminal, TableFitsTheWidth) {
  qbench::Run run = synthetic_run();
  for (CaseRecord& record : run.cases) {
    record.model = std::string(200, 'x');
    record.details = "{}";  // warnings may be long
  }
  run.cases.erase(run.cases.begin() + 1);  // its reason may be long
  for (int width : {60, 72, 80, 120}) {
    std::istringstream lines(render_terminal(make_report(run), width, false));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(text::display_width(line), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(Terminal, RoughSpeedupsAreMarked) {
  qbench::Run run = synthetic_run();
  run.cases[2].latency_ns = {2e6, 4e6, 8e6};
  EXPECT_THAT(render_terminal(make_report(run), 80, false),
              testing::AllOf(HasSubstr("~2.00×"), HasSubstr("~ rough: ")));
}

TEST(Terminal, MistrustedLatencyStandsBesideTheAccuracy) {
  qbench::Run run = synthetic_run();
  run.cases[2].status = Status::mistrusted;
  run.cases[2].mistrusted = CaseRecord::kLatency;
  EXPECT_THAT(render_terminal(make_report(run), 80, false),
              testing::ContainsRegex("INT8 naive, 5 batches +70.00 .*43.54\\] +mistrusted"));
}

TEST(Terminal, ColourOnlyWhenAsked) {
  EXPECT_THAT(render_terminal(small_report(), 80, false), Not(HasSubstr("\x1b")));
  const std::string coloured = render_terminal(small_report(), 80, true);
  EXPECT_EQ(occurrences(coloured, "\x1b["), 2 * occurrences(coloured, "\x1b[0m"));
}

TEST(Html, LoadsNothingAndEscapesEverything) {
  const std::string html = render("html", small_report());
  for (const char* forbidden :
       {"http", "<script", "src=", "url(", "@import", "<small>", "<conv0>"}) {
    EXPECT_THAT(html, Not(HasSubstr(forbidden)));
  }
  EXPECT_THAT(html, HasSubstr("demo &lt;small&gt;"));
  EXPECT_THAT(html, HasSubstr("Z80 &amp; co"));
  EXPECT_THAT(html, HasSubstr("signal 11 | in &lt;conv0&gt;"));
}

// Every element that is opened is closed again, in order.
TEST(Html, IsBalanced) {
  const std::string html = render("html", small_report());
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find(' '));
    if (tag.starts_with('!') || tag.ends_with('/') || name == "meta" || name == "br") continue;
    if (!tag.starts_with('/')) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty());
    EXPECT_EQ(open.back(), name.substr(1));
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(Html, ShowsTheNumbers) {
  const std::string html = render("html", small_report());
  for (const char* shown : {"80.00 / 80.00", "documented 81.00 / 90.00", "70.00 / 80.00", "10.00",
                            "[−26.46, 43.54]", "2.00×", "crashed", "2 images calibrate and score",
                            "Layers left in FP32: fc (excluded)."}) {
    EXPECT_THAT(html, HasSubstr(shown));
  }
}

TEST(Json, HoldsDetections) {
  qbench::Run run = synthetic_run();
  run.cases[0].detections = {
      {.sample = 3,
       .detections = {{.label = 2,
                       .score = 0.5F,
                       .voc = Detection::Outcome::hit,
                       .coco_hits = 7,
                       .coco_ignored = 512},
                      {.label = 4, .score = 0.25F, .voc = Detection::Outcome::miss},
                      {.label = 4, .score = 0.125F}},
       .truth = {{.label = 2, .voc = 1, .coco = 3}}},
      {.sample = 5, .detections = {}, .truth = {}}};
  const auto json = nlohmann::json::parse(render("json", make_report(run)));
  EXPECT_EQ(json["cases"][0]["detections"], nlohmann::json::parse(R"({
    "sample": [3, 5], "class": [[2, 4, 4], []], "score": [[0.5, 0.25, 0.125], []],
    "voc": [["hit", "miss", "ignored"], []], "coco_hits": [[7, 0, 0], []],
    "coco_ignored": [[512, 0, 0], []], "truth_class": [[2], []], "truth_voc": [[1], []],
    "truth_coco": [[3], []]})"));
  EXPECT_EQ(json["cases"][1]["detections"], nlohmann::json::parse(R"({"sample": []})"));
}

// Fields of the record, and what is not a single value.
TEST(Json, ACaseHasEveryField) {
  const auto json = nlohmann::json::parse(render("json", small_report()));
  const CaseRecord record;
  std::set<std::string> expected = {"metrics", "latency_samples_ns", "latency_counts",
                                    "predictions", "detections"};
  visit_fields(record, [&](std::string_view name, const auto&) { expected.emplace(name); });
  std::set<std::string> found;
  for (const auto& [name, value] : json["cases"][0].items()) found.insert(name);
  EXPECT_EQ(found, expected);
}

TEST(Json, HoldsEverything) {
  const auto json = nlohmann::json::parse(render("json", small_report()));
  EXPECT_EQ(json["run"]["suite"], "demo <small>");
  EXPECT_EQ(json["run"]["environment"]["CPU"], "Z80 & co");
  ASSERT_EQ(json["cases"].size(), 3U);
  const auto& fp32 = json["cases"][0];
  EXPECT_EQ(fp32["status"], "ok");
  EXPECT_EQ(fp32["documented_top1"], 0.81);
  EXPECT_TRUE(fp32["documented_map"].is_null());
  EXPECT_EQ(fp32["metrics"]["model_size_bytes"], 2'000'000);
  EXPECT_EQ(fp32["latency_samples_ns"], (std::vector<double>{8e6, 8e6, 8e6}));
  EXPECT_EQ(fp32["predictions"]["sample"].size(), 10U);
  EXPECT_EQ(fp32["predictions"]["top"][0], (std::vector<int>{7, 1, 2, 3, 4}));
  EXPECT_EQ(json["cases"][2]["details"]["fp32_layers"][0]["layer"], "fc");
  EXPECT_EQ(json["metrics"]["top1"]["bigger_is_better"], true);
  ASSERT_EQ(json["comparisons"].size(), 2U);
  const auto& naive = json["comparisons"][0];
  EXPECT_EQ(json["schema"], 2);
  EXPECT_EQ(naive["case_id"], "int8naive5");
  EXPECT_EQ(naive["precision"], "int8");
  EXPECT_EQ(naive["variant"], "INT8 naive, 5 batches");
  EXPECT_EQ(naive["top1"]["only_other"], 1);
  EXPECT_EQ(naive["top1"]["only_fp32"], 2);
  EXPECT_EQ(naive["agreement"], 0.7);
  EXPECT_EQ(naive["speedup"], 2.0);
  EXPECT_TRUE(json["comparisons"][1]["top1"].is_null());
}

TEST(Json, SurvivesTextThatIsNoUtf8AndDetailsThatAreNoJson) {
  qbench::Run run = synthetic_run();
  run.cases[0].reason = "\xff\xfe";
  run.cases[0].details = "{broken";
  run.cases[0].metrics.push_back(make_metric("arena", std::numeric_limits<double>::quiet_NaN()));
  const auto json = nlohmann::json::parse(render("json", make_report(run)));
  EXPECT_EQ(json["cases"][0]["details"], "{broken");
  EXPECT_TRUE(json["cases"][0]["metrics"]["arena_bytes"].is_null());
}

// RFC 4180 fields of one record.
std::vector<std::string> fields(std::istream& in) {
  std::vector<std::string> result(1);
  bool quoted = false;
  for (char c = 0; in.get(c);) {
    if (c == '"') {
      if (quoted && in.peek() == '"') {
        result.back() += static_cast<char>(in.get());
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      result.emplace_back();
    } else if (c == '\n' && !quoted) {
      break;
    } else if (c != '\r' || quoted) {
      result.back() += c;
    }
  }
  return result;
}

TEST(Csv, OneLineForEachCase) {
  qbench::Run run = synthetic_run();
  run.cases[1].reason = "line, \"one\"\nline two";
  run.cases[1].metrics.push_back({"furlongs", 2.5, "fl", true});
  std::istringstream csv(render("csv", make_report(run)));
  const std::vector<std::string> names = fields(csv);
  std::vector<std::map<std::string, std::string>> lines;
  while (csv.peek() != EOF) {
    const std::vector<std::string> values = fields(csv);
    ASSERT_EQ(values.size(), names.size());
    auto& line = lines.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) line[names[i]] = values[i];
  }
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["precision"], "fp32");
  EXPECT_EQ(lines[0]["top1"], "0.8");
  EXPECT_EQ(lines[0]["top1_drop"], "");
  EXPECT_EQ(lines[1]["mode"], "naive");
  EXPECT_EQ(lines[1]["top1_only_fp32"], "2");
  EXPECT_EQ(lines[1]["top1_only_other"], "1");
  EXPECT_EQ(lines[1]["speedup"], "2");
  EXPECT_EQ(lines[2]["status"], "crashed");
  EXPECT_EQ(lines[2]["reason"], "line, \"one\"\nline two");
  EXPECT_EQ(lines[2]["furlongs_fl"], "2.5");
}

}  // namespace
}  // namespace qbench
