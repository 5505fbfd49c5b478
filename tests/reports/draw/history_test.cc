#include "reports/draw/history.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/text/text.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Ten nights, of which the last three are a tenth slower.
History slower() {
  History history{.metric = "latency", .unit = "ns"};
  HistorySeries series;
  series.cell = synthetic_case("int8", "naive", 5);
  series.variant = "INT8 naive, 5 batches";
  for (std::size_t night = 0; night < 10; ++night) {
    RunInfo run;
    run.id = static_cast<std::int64_t>(night) + 11;
    history.runs.push_back(run);
    const double ns = night < 7 ? 4e6 : 4.4e6;
    series.points.push_back({.run = night, .value = ns, .level = ns});
  }
  series.steps = {{.first = 7,
                   .before = 4e6,
                   .after = 4.4e6,
                   .worse = 0.1,
                   .p_value = 0.0005,
                   .adjusted = 0.004,
                   .alarm = true,
                   .fresh = true}};
  history.series = {series};
  return history;
}

TEST(DrawnHistory, SaysSinceWhenAndHowMuch) {
  EXPECT_THAT(history_terminal(slower(), "latency of demo", {"one is left out"}, 120, false),
              AllOf(HasSubstr("latency of demo\nNotice: one is left out\n"),
                    HasSubstr("tiny, reference, batch 1, threads 1\n"), HasSubstr("▁▁▁▁▁▁▁███"),
                    HasSubstr("4.400"), HasSubstr("run 18: +10.0 %"),
                    HasSubstr("WORSE: tiny, INT8 naive, 5 batches, reference, batch 1, 1 thread: "
                              "since run 18: 4.000 → 4.400 (+10.0 %), p 0.004\n")));
}

TEST(DrawnHistory, OlderAlarmsAreCounted) {
  History history = slower();
  history.series[0].steps[0].fresh = false;
  EXPECT_THAT(history_terminal(history, "t", {}, 80, false),
              AllOf(HasSubstr("1 step to the worse came to light in earlier runs\n"),
                    HasSubstr("No new step to the worse.\n")));
}

TEST(DrawnHistory, StaysWithinItsWidth) {
  for (const int width : {60, 80, 160}) {
    std::istringstream lines(history_terminal(slower(), "t", {}, width, false));
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(text::display_width(line), static_cast<std::size_t>(width)) << line;
  }
}

TEST(DrawnHistory, AsMarkdownAndJson) {
  EXPECT_THAT(history_markdown(slower(), "latency of demo", {}),
              AllOf(HasSubstr("## qbench: latency of demo\n"), HasSubstr("- WORSE: tiny")));
  const auto json = nlohmann::json::parse(history_json(slower(), "t", {}));
  EXPECT_EQ(json["worse"], true);
  EXPECT_EQ(json["series"][0]["points"].size(), 10U);
  EXPECT_EQ(json["series"][0]["points"][9]["run"], 20);
  EXPECT_EQ(json["series"][0]["steps"][0]["run"], 18);
  EXPECT_EQ(json["series"][0]["steps"][0]["fresh"], true);
}

TEST(Sparkline, GoesFromTheLeastToTheLargestOfTheLast) {
  const auto line = [](std::initializer_list<double> values, std::size_t most) {
    std::vector<HistoryPoint> points;
    for (const double value : values) points.push_back({.run = 0, .value = 0, .level = value});
    return sparkline(points, most);
  };
  EXPECT_EQ(line({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(line({100, 0, 1}, 2), "▁█");
  EXPECT_EQ(line({3, 3, 3}, 8), "▅▅▅");
  EXPECT_EQ(line({}, 8), "");
}

}  // namespace
}  // namespace qbench
