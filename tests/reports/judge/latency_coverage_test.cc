// How often the stated 95 % hold the truth, by simulation of what machines do to latencies.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "reports/judge/statistics.h"

namespace qbench {
namespace {

constexpr int kRounds = 5;
constexpr int kSamples = 60;  // of a process
constexpr int kTrials = 2000;
constexpr double kFp32 = 20e6;
constexpr double kInt8 = 8e6;

using Random = std::mt19937_64;

double normal(Random& random, double deviation) {
  return std::normal_distribution<double>(0, deviation)(random);
}

// Logarithms of what the samples of one process are multiplied by. `when`: 0..1 over the session.
using Disturbance = std::function<std::vector<double>(Random& random, double when)>;

// Stationary, of correlation `rho` from sample to sample.
Disturbance autoregressive(double rho) {
  return [rho](Random& random, double) {
    std::vector<double> noise(kSamples);
    double state = normal(random, 0.05);
    for (double& each : noise) {
      each = state;
      state = rho * state + normal(random, 0.05 * std::sqrt(1 - rho * rho));
    }
    return noise;
  };
}

std::vector<double> process_effect(Random& random, double) {
  const double effect = normal(random, 0.03);
  std::vector<double> noise(kSamples);
  for (double& each : noise) each = effect + normal(random, 0.02);
  return noise;
}

// The machine becomes a tenth slower from the first process to the last.
std::vector<double> drift(Random& random, double when) {
  std::vector<double> noise(kSamples);
  for (double& each : noise) each = 0.1 * when + normal(random, 0.02);
  return noise;
}

// A neighbour that comes and goes, and makes all a third slower while it is there.
std::vector<double> bursts(Random& random, double) {
  std::vector<double> noise(kSamples);
  bool there = random() % 3 == 0;
  for (double& each : noise) {
    there = there ? random() % 20 != 0 : random() % 40 == 0;
    each = (there ? std::log(4.0 / 3) : 0) + normal(random, 0.02);
  }
  return noise;
}

// Of the ratio of two networks that are measured in turns.
double coverage(const Disturbance& disturbance) {
  Random random(7);
  int held = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::optional<double>> medians[2];
    for (int process = 0; process < 2 * kRounds; ++process) {
      const bool fp32 = (process % 2 == 0) == (process / 2 % 2 == 0);  // each round turns back
      const std::vector<double> noise =
          disturbance(random, static_cast<double>(process) / (2 * kRounds - 1));
      std::vector<double> samples;
      for (const double each : noise) samples.push_back((fp32 ? kFp32 : kInt8) * std::exp(each));
      medians[fp32 ? 0 : 1].emplace_back(median(samples));
    }
    const std::optional<Estimate> ratio = latency_ratio(medians[0], medians[1]);
    held += ratio->interval->contains(kFp32 / kInt8) ? 1 : 0;
  }
  return static_cast<double>(held) / kTrials;
}

TEST(Coverage, OfTheRatioIsWhatItSays) {
  const std::vector<std::pair<std::string, Disturbance>> disturbances{
      {"independent", autoregressive(0)},
      {"AR(1) 0.5", autoregressive(0.5)},
      {"AR(1) 0.9", autoregressive(0.9)},
      {"AR(1) 0.99", autoregressive(0.99)},
      {"process effect", process_effect},
      {"drift", drift},
      {"bursts", bursts},
  };
  for (const auto& [name, disturbance] : disturbances) {
    const double share = coverage(disturbance);
    EXPECT_GE(share, 0.93) << name;
    if (name != "drift") {
      EXPECT_LE(share, 0.99) << name;  // wider than need be is no honesty either
    }
    RecordProperty(name, std::to_string(share));
  }
}

}  // namespace
}  // namespace qbench
