#include "harness/measure/roofline.h"

#include <gmock/gmock.h>

#include <vector>

namespace qbench {
namespace {

using testing::HasSubstr;

// One operation, or a quarter of one, and one byte in a nanosecond, a tenth from memory.
const Peaks kPeaks{.threads = 1,
                   .f32 = 1e9,
                   .int8 = 4e9,
                   .f32_instruction = "",
                   .int8_instruction = "",
                   .memory = {{1000, 1e9, 1e9}, {100000, 1e8, 1e8}}};

LayerTime layer(const std::string& op, const std::string& dtypes, std::int64_t macs,
                std::int64_t bytes, double ns) {
  return {.node = "n",
          .op = op,
          .implementation = "k",
          .dtypes = dtypes,
          .macs = macs,
          .bytes = bytes,
          .threads = 1,
          .median_ns = ns};
}

TEST(Roofline, HoldsALayerAgainstThePeakOfItsType) {
  const LayerRoof f32 = under_roof(layer("Convolution", "f32 f32 -> f32", 400, 100, 1000), kPeaks);
  EXPECT_DOUBLE_EQ(f32.peak_share, 0.8);
  EXPECT_DOUBLE_EQ(f32.bandwidth_share, 0.1);
  EXPECT_EQ(f32.bound, Bound::compute);
  const LayerRoof int8 = under_roof(layer("Convolution", "u8 s8 -> u8", 400, 100, 1000), kPeaks);
  EXPECT_DOUBLE_EQ(int8.peak_share, 0.2);
  EXPECT_EQ(int8.bound, Bound::other);
}

TEST(Roofline, ChoosesTheMemoryThatHoldsTheValues) {
  EXPECT_DOUBLE_EQ(under_roof(layer("Pool", "u8 -> u8", 0, 900, 1000), kPeaks).bandwidth_share,
                   0.9);
  const LayerRoof large = under_roof(layer("Pool", "u8 -> u8", 0, 2000, 25000), kPeaks);
  EXPECT_DOUBLE_EQ(large.bandwidth_share, 0.8);
  EXPECT_EQ(large.bound, Bound::memory);
}

TEST(Roofline, TheDiagnosisAddsUp) {
  const std::vector<LayerTime> layers = {
      layer("Convolution", "u8 s8 -> u8", 1000, 100, 600),  // 500 at the peak
      layer("Convolution", "s8 s8 -> s8", 20, 900, 1000),   // 10 at the peak, memory
      layer("FullyConnected", "f32 f32 -> f32", 10, 10, 70),
      layer("Quantize", "f32 -> u8", 0, 10, 30),
      layer("reorder", "u8 -> u8", 0, 10, 20),
      layer("Pool", "u8 -> u8", 0, 10, 40),
  };
  const Diagnosis d = diagnose(layers, kPeaks);
  EXPECT_DOUBLE_EQ(d.total, 1760);
  EXPECT_DOUBLE_EQ(d.at_peak, 510);
  EXPECT_DOUBLE_EQ(d.below_peak, 1090);
  EXPECT_DOUBLE_EQ(d.memory_bound, 990);
  EXPECT_DOUBLE_EQ(d.f32_layers, 70);
  EXPECT_DOUBLE_EQ(d.conversions, 50);
  EXPECT_DOUBLE_EQ(d.other, 40);
  EXPECT_DOUBLE_EQ(d.total, d.at_peak + d.below_peak + d.f32_layers + d.conversions + d.other);
  EXPECT_THAT(explain(d, kPeaks), HasSubstr("4.0 x FP32's"));
}

TEST(Roofline, UnknownPeaksBoundNothing) {
  const LayerRoof roof = under_roof(layer("Pool", "u8 -> u8", 10, 900, 1000), Peaks{});
  EXPECT_EQ(roof.peak_share, 0);
  EXPECT_EQ(roof.bandwidth_share, 0);
  EXPECT_EQ(roof.bound, Bound::other);
}

}  // namespace
}  // namespace qbench
