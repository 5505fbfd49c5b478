// The entropy search against an independent one in Python, and against direct summation.
#include "engine/calibration/entropy.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/calibration/distributions.h"

namespace qbench {
namespace {

struct Golden {
  std::string name;
  int levels;
  int half_width;
  double divergence;
  int half_width_in_single_precision;
};

// Printed by entropy_oracle.py.
const std::vector<Golden> kGolden = {
    {"gaussian", 255, 3677, 0.0227097044170523, 3677},
    {"relu", 255, 3769, 0.0113514348937603, 3769},
    {"relu", 511, 3287, 0.0109194146655075, 3287},
    {"relu6", 255, 3998, 0.43878727487692, 3998},
    {"relu6", 511, 3989, 0.435229822134037, 3989},
    {"negative", 255, 3770, 0.0113578473448758, 3770},
    {"leaky", 255, 3769, 0.0151572191119186, 3769},
    {"uniform", 255, 4000, 0.0394945718266912, 4000},
    {"uniform01", 255, 4000, 0.0199474127284549, 4000},
    {"uniform01", 511, 4000, 0.0193513834172555, 4000},
    {"peaked", 255, 3815, 0.0283840083518996, 3815},
    {"peaked01", 255, 3821, 0.0161950204577399, 3821},
    {"peaked01", 511, 3815, 0.0143471540879019, 3815},
    {"tail", 255, 3932, 0.0236513284159755, 3932},
    {"tail", 511, 3987, 0.0119608975229272, 3987},
    {"two_tails", 255, 3798, 0.0270410998573237, 3798},
    {"outlier", 255, 275, 0.00107900468707819, 275},
    {"outlier01", 255, 275, 0.000586586002036726, 275},
    {"outlier01", 511, 275, 1.78196033940771e-05, 275},
    {"bimodal", 255, 3927, 0.0135691578656426, 3927},
    {"pixels", 255, 4000, 7.87325485629826e-05, 4000},
    {"levels", 255, 4000, 3.93703882490333e-09, 4000},
    {"levels", 511, 4000, 2.63552886489454e-05, 4000},
    {"few", 255, 4000, 0, 4000},
    {"few01", 255, 4000, 0, 4000},
    {"few01", 511, 4000, 0, 4000},
};

const Distribution& find_distribution(const std::string& name) {
  static const std::vector<Distribution> all = distributions();
  return *std::ranges::find(all, name, &Distribution::name);
}

float max_abs(const std::vector<float>& values) {
  float result = 0;
  for (const float value : values) result = std::fmax(result, std::fabs(value));
  return result;
}

// In one go, by the exact edges of the bins.
std::vector<std::uint64_t> exact_histogram(const std::vector<float>& values) {
  const double limit = max_abs(values);
  const auto edge = [&](std::size_t k) {
    return -limit + 2 * limit * static_cast<double>(k) / static_cast<double>(kEntropyBins);
  };
  std::vector<std::uint64_t> bins(kEntropyBins, 0);
  for (const float value : values) {
    const double guess = (value + limit) / (2 * limit) * static_cast<double>(kEntropyBins);
    auto bin = std::min(static_cast<std::size_t>(guess), kEntropyBins - 1);
    while (bin > 0 && value < edge(bin)) --bin;
    while (bin + 1 < kEntropyBins && value >= edge(bin + 1)) ++bin;
    ++bins[bin];
  }
  return bins;
}

TEST(Entropy, AgreesWithTheOracle) {
  for (const Golden& golden : kGolden) {
    const std::vector<float> values = find_distribution(golden.name).values();
    const auto choice = choose_by_entropy(exact_histogram(values), golden.levels);
    ASSERT_TRUE(choice.has_value()) << golden.name;
    EXPECT_EQ(choice->half_width, golden.half_width) << golden.name << " " << golden.levels;
    EXPECT_NEAR(choice->divergence, golden.divergence, 1e-11) << golden.name;
    EXPECT_EQ(choice->half_width, golden.half_width_in_single_precision) << golden.name;
  }
}

// The whole definition once more, slowly, for windows that the golden values do not choose.
double direct_divergence(const std::vector<std::uint64_t>& bins, int levels, int half_width) {
  const int begin = 4000 - half_width;
  const int size = 2 * half_width + 1;
  std::vector<double> inside(bins.begin() + begin, bins.begin() + begin + size);
  std::vector<double> p = inside;
  for (int i = 0; i < begin; ++i) p.front() += static_cast<double>(bins[i]);
  for (int i = begin + size; i < 8001; ++i) p.back() += static_cast<double>(bins[i]);
  std::vector<double> q(p.size(), 0);
  const int merged = size / levels;
  for (int level = 0; level < levels; ++level) {
    const int from = level * merged;
    const int to = level + 1 == levels ? size : from + merged;
    double sum = 0;
    double filled = 0;
    for (int i = from; i < to; ++i) sum += inside[i], filled += p[i] > 0;
    for (int i = from; i < to; ++i) q[i] = p[i] > 0 ? sum / filled : 0;
  }
  const auto smooth_and_normalize = [](std::vector<double>& v) {
    const auto zeros = static_cast<double>(std::ranges::count(v, 0.0));
    const double step = 1e-4 * zeros / (static_cast<double>(v.size()) - zeros);
    double sum = 0;
    for (double& x : v) sum += x = x == 0 ? 1e-4 : x - step;
    for (double& x : v) x /= sum;
  };
  smooth_and_normalize(p);
  smooth_and_normalize(q);
  double divergence = 0;
  for (std::size_t i = 0; i < p.size(); ++i) divergence += p[i] * std::log(p[i] / q[i]);
  return divergence;
}

// Observed in a stream, the values are counted in the bin of the exact histogram or, for some near
// an edge, the next one. That may tip the balance between two windows that are as good.
TEST(Entropy, StreamingChoosesAsTheExactHistogram) {
  int elsewhere = 0;
  double largest_excess = 0;
  for (const Golden& golden : kGolden) {
    const std::vector<float> values = find_distribution(golden.name).values();
    StreamingHistogram streamed;
    for (std::size_t i = 0; i < values.size(); i += 1000)
      streamed.add(std::span(values).subspan(i, std::min<std::size_t>(1000, values.size() - i)));
    const auto choice = choose_by_entropy(streamed.equal_bins(kEntropyBins), golden.levels);
    ASSERT_TRUE(choice.has_value()) << golden.name;
    if (std::abs(choice->half_width - golden.half_width) <= 1) continue;
    ++elsewhere;
    const double divergence =
        direct_divergence(exact_histogram(values), golden.levels, choice->half_width);
    const double excess = divergence / golden.divergence - 1;
    largest_excess = std::max(largest_excess, excess);
  }
  EXPECT_LE(elsewhere, 1) << "of " << kGolden.size();
  EXPECT_LT(largest_excess, 0.002);
}

TEST(Entropy, ChoosesNoWorseThanAnySampledWindow) {
  for (const Golden& golden : kGolden) {
    const auto bins = exact_histogram(find_distribution(golden.name).values());
    const auto choice = choose_by_entropy(bins, golden.levels);
    EXPECT_NEAR(choice->divergence, direct_divergence(bins, golden.levels, choice->half_width),
                1e-11)
        << golden.name;
    for (int width = golden.levels / 2; width <= 4000; width += 97) {
      const double other = direct_divergence(bins, golden.levels, width);
      if (std::isnan(other)) continue;  // smoothing takes more than there is: no candidate
      EXPECT_GE(other, choice->divergence - 1e-11) << golden.name << " " << width;
    }
  }
}

TEST(Entropy, NothingToChoose) {
  EXPECT_FALSE(choose_by_entropy(std::vector<std::uint64_t>(kEntropyBins, 0), 255).has_value());
  std::vector<std::uint64_t> one(kEntropyBins, 0);
  one[4000] = 5;  // one filled bin of 8001 does not smooth, one of 255 does
  EXPECT_EQ(choose_by_entropy(one, 255)->half_width, 127);
}

TEST(EntropyObserver, TensorsWithoutADistribution) {
  EntropyObserver observer;
  EXPECT_EQ(observer.range(DType::s8), (Range{0, 0}));
  observer.observe(std::vector<float>(100, 0.0F));
  EXPECT_EQ(observer.range(DType::u8), (Range{0, 0}));
  EntropyObserver constant;
  constant.observe(std::vector<float>(100, 2.5F));
  EXPECT_EQ(constant.range(DType::u8), (Range{0, 2.5F}));
  EXPECT_EQ(constant.range(DType::s8), (Range{0, 2.5F}));
  EntropyObserver tiny;
  tiny.observe(std::vector<float>{1e-42F, -3e-42F});
  EXPECT_LE(tiny.range(DType::s8).max, 3e-42F);
}

TEST(EntropyObserver, CutsAnOutlierOff) {
  EntropyObserver observer;
  observer.observe(find_distribution("outlier").values());
  EXPECT_LT(observer.range(DType::s8).max, 6);
  // With a negative value there is no u8: both ranges are one.
  EXPECT_EQ(observer.range(DType::u8), observer.range(DType::s8));
}

TEST(EntropyObserver, MergedAndClonedObserversSeeTheSame) {
  const std::vector<float> values = find_distribution("relu").values();
  EntropyObserver whole;
  whole.observe(values);
  EntropyObserver a;
  EntropyObserver b;
  a.observe(std::span(values).first(40000));
  b.observe(std::span(values).subspan(40000));
  const std::unique_ptr<Observer> merged = b.clone();
  merged->merge(a);
  EXPECT_EQ(merged->range(DType::u8), whole.range(DType::u8));
  EXPECT_EQ(merged->range(DType::s8), whole.range(DType::s8));
  EXPECT_NE(b.range(DType::u8), whole.range(DType::u8));
}

}  // namespace
}  // namespace qbench
