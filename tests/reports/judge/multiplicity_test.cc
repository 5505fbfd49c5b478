#include "reports/judge/multiplicity.h"

#include <gmock/gmock.h>

namespace qbench {
namespace {

using testing::DoubleNear;
using testing::IsEmpty;
using testing::Pointwise;

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.6), "holm") and "BH".
constexpr double kP[] = {0.01, 0.04, 0.03, 0.005, 0.6};

TEST(Multiplicity, HolmIsThatOfR) {
  EXPECT_THAT(holm(kP), Pointwise(DoubleNear(1e-12), {0.04, 0.09, 0.09, 0.025, 0.6}));
}

TEST(Multiplicity, BenjaminiHochbergIsThatOfR) {
  EXPECT_THAT(benjamini_hochberg(kP),
              Pointwise(DoubleNear(1e-12), {0.025, 0.05, 0.05, 0.025, 0.6}));
}

TEST(Multiplicity, NeverAboveOneAndNothingOfNothing) {
  constexpr double kLarge[] = {0.9, 0.8};
  EXPECT_THAT(holm(kLarge), Pointwise(DoubleNear(1e-12), {1.0, 1.0}));
  EXPECT_THAT(benjamini_hochberg(kLarge), Pointwise(DoubleNear(1e-12), {0.9, 0.9}));
  EXPECT_THAT(holm({}), IsEmpty());
  EXPECT_THAT(benjamini_hochberg({}), IsEmpty());
}

}  // namespace
}  // namespace qbench
