// How numbers and foreign text are written.
#include "reports/text/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qbench::text {
namespace {

TEST(Text, Numbers) {
  EXPECT_EQ(percent(0.7587), "75.87");
  EXPECT_EQ(percent(-0.0016), "−0.16");
  EXPECT_EQ(percent(-0.000001), "0.00");
  EXPECT_EQ(percent(std::nan("")), "—");
  EXPECT_EQ(percent(Interval{-0.0021, 0.0099}), "[−0.21, 0.99]");
  EXPECT_EQ(milliseconds(12'345'678), "12.35");
  EXPECT_EQ(milliseconds(123'456), "0.1235");
  EXPECT_EQ(milliseconds(1'234'567), "1.235");
  EXPECT_EQ(milliseconds(123'456'789), "123.5");
  EXPECT_EQ(milliseconds(1'234'567'890), "1235");
  EXPECT_EQ(megabytes(4'990'000), "4.99");
  EXPECT_EQ(megabytes(16'900'000), "16.9");
  EXPECT_EQ(megabytes(214'400'000), "214");
  EXPECT_EQ(rate(81.234), "81.23");
  EXPECT_EQ(rate(12345.6), "12,346");
  EXPECT_EQ(rate(INFINITY), "inf");
  EXPECT_EQ(times(1.8449), "1.84×");
  EXPECT_EQ(p_value(0.0004), "<0.001");
  EXPECT_EQ(p_value(0.0041), "0.004");
  EXPECT_EQ(p_value(0.3219), "0.32");
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(50'000), "50,000");
  EXPECT_EQ(count(-1'234'567), "−1,234,567");
  EXPECT_EQ(count(-123), "−123");
  EXPECT_EQ(about(0), "0");
  EXPECT_EQ(about(99), "99");
  EXPECT_EQ(about(101), "110");
  EXPECT_EQ(about(30'241), "31,000");
  EXPECT_EQ(about(39'000), "39,000");
  EXPECT_EQ(plural(1, "batch"), "1 batch");
  EXPECT_EQ(plural(5, "batch"), "5 batches");
  EXPECT_EQ(plural(2, "thread"), "2 threads");
}

TEST(Text, MetricKeysCarryTheUnit) {
  EXPECT_EQ(metric_key("latency_median", "ns"), "latency_median_ns");
  EXPECT_EQ(metric_key("top1", "fraction"), "top1");
  EXPECT_EQ(metric_key("images_per_second", "images/s"), "images_per_second");
  EXPECT_EQ(metric_key("calibration_seconds", "s"), "calibration_seconds");
}

TEST(Text, Html) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'\x01\n"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;\n");
}

TEST(Text, Markdown) {
  EXPECT_EQ(escape_markdown("a|b\nc"), "a\\|b c");
  EXPECT_EQ(escape_markdown("resnet50_v1"), "resnet50_v1");
  EXPECT_EQ(escape_markdown("_x_ *y* `z` <b>"), "\\_x\\_ \\*y\\* \\`z\\` \\<b\\>");
  EXPECT_EQ(escape_markdown("[click](http://x) [0.1, 0.2]"), "[click\\](http://x) [0.1, 0.2]");
}

TEST(Text, Csv) {
  EXPECT_EQ(escape_csv("plain text"), "plain text");
  EXPECT_EQ(escape_csv("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
}

TEST(Text, WidthCountsCodePoints) {
  EXPECT_EQ(display_width("1.84×"), 5U);
  EXPECT_EQ(fit("squeezenet", 20), "squeezenet");
  EXPECT_EQ(fit("squeezenet", 6), "squee…");
  EXPECT_EQ(fit("−−−−", 3), "−−…");
  EXPECT_EQ(fit_end("squeezenet", 10), "squeezenet");
  EXPECT_EQ(fit_end("squeezenet", 6), "…zenet");
  EXPECT_EQ(fit_end("1−−−−2", 3), "…−2");
}

}  // namespace
}  // namespace qbench::text
