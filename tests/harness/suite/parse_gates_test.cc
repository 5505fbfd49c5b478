// Gates of suite files: every key, and what is wrong with them.
#include <gmock/gmock.h>

#include <string>

#include "harness/suite/suite.h"
#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Two models on two data sets, and the gate on line 2.
std::string with_gate(const std::string& gate) {
  return "models: [{name: net1, dataset: {records: r}}, {name: b, dataset: {records: "
         "photos.rec}}]\n"
         "gates: [" +
         gate + "]";
}

std::vector<Gate> gates_of(const std::string& gate) {
  return parse_suite(with_gate(gate), "s.yaml").gates;
}

TEST(ParseGates, ReadsEverySelection) {
  const std::vector<Gate> gates = gates_of(
      "{metric: correct_top1, model: [net1, b], dataset: photos, precision: int8, mode: [none, "
      "naive], backend: reference, calib_batches: [1, 5], batch_size: 8, threads: [1, 2], "
      "equals: 50, tolerance: 2, optional: true}");
  ASSERT_EQ(gates.size(), 1U);
  const Gate& gate = gates[0];
  EXPECT_EQ(gate.metric, "correct_top1");
  EXPECT_THAT(gate.of.models, ElementsAre("net1", "b"));
  EXPECT_THAT(gate.of.datasets, ElementsAre("photos"));
  EXPECT_THAT(gate.of.precisions, ElementsAre("int8"));
  EXPECT_THAT(gate.of.modes, ElementsAre("none", "naive"));
  EXPECT_THAT(gate.of.backends, ElementsAre("reference"));
  EXPECT_THAT(gate.of.calib_batches, ElementsAre(1, 5));
  EXPECT_THAT(gate.of.batch_sizes, ElementsAre(8));
  EXPECT_THAT(gate.of.threads, ElementsAre(1, 2));
  EXPECT_EQ(gate.kind, GateKind::equals);
  EXPECT_EQ(gate.bound, 50);
  EXPECT_EQ(gate.tolerance, 2);
  EXPECT_TRUE(gate.optional);
  EXPECT_FALSE(gate.allow_inconclusive);
  EXPECT_EQ(gate.place, "s.yaml:2:9");
}

TEST(ParseGates, EachBoundIsAGate) {
  const std::vector<Gate> gates =
      gates_of("{metric: top1, min: 0.5, max: 0.9, max_drop: 0.01, margin: 0.005}");
  ASSERT_EQ(gates.size(), 4U);
  EXPECT_EQ(gates[0].kind, GateKind::min);
  EXPECT_EQ(gates[0].bound, 0.5);
  EXPECT_EQ(gates[1].kind, GateKind::max);
  EXPECT_EQ(gates[1].bound, 0.9);
  EXPECT_EQ(gates[2].kind, GateKind::max_drop);
  EXPECT_EQ(gates[2].bound, 0.01);
  EXPECT_EQ(gates[3].kind, GateKind::margin);
  EXPECT_EQ(gates[3].bound, 0.005);
  for (const Gate& gate : gates) EXPECT_EQ(gate.place, "s.yaml:2:9");
}

TEST(ParseGates, ComparisonsAndMargins) {
  EXPECT_EQ(gates_of("{metric: speedup, precision: int8, min: 1.5}").at(0).metric, "speedup");
  EXPECT_EQ(gates_of("{metric: flips, max: 0.02}").at(0).kind, GateKind::max);
  EXPECT_TRUE(gates_of("{metric: map_coco, margin: 0.01, allow_inconclusive: true}")
                  .at(0)
                  .allow_inconclusive);
}

TEST(ParseGates, ReadsKnownFailures) {
  const Gate one =
      gates_of("{metric: top1, min: 0.5, xfail: {reason: clips, until: 2028-02-29}}").at(0);
  ASSERT_EQ(one.known_failures.size(), 1U);
  EXPECT_EQ(one.known_failures[0].reason, "clips");
  EXPECT_EQ(one.known_failures[0].until, "2028-02-29");
  EXPECT_FALSE(one.known_failures[0].strict);
  const Gate two = gates_of(
                       "{metric: top1, min: 0.5, xfail: [{model: b, reason: x, until: 2027-01-31, "
                       "strict: true}, {mode: naive, reason: y, until: 2027-12-31}]}")
                       .at(0);
  ASSERT_EQ(two.known_failures.size(), 2U);
  EXPECT_THAT(two.known_failures[0].of.models, ElementsAre("b"));
  EXPECT_TRUE(two.known_failures[0].strict);
  EXPECT_THAT(two.known_failures[1].of.modes, ElementsAre("naive"));
}

struct BadGate {
  const char* gate;     // begins at 2:9
  const char* place;    // of the message, after the file
  const char* message;  // a part of it
};

class ParseGateError : public testing::TestWithParam<BadGate> {};

TEST_P(ParseGateError, SaysWhereAndWhatWasExpected) {
  const BadGate& bad = GetParam();
  const std::string message = error_of([&bad] { parse_suite(with_gate(bad.gate), "s.yaml"); });
  EXPECT_THAT(message,
              AllOf(StartsWith(std::string("s.yaml:") + bad.place + ": "), HasSubstr(bad.message)));
}

constexpr BadGate kBadGates[] = {
    {"{metric: top1}", "2:18", "expected a bound: min, max, max_drop, margin or equals"},
    {"{min: 1}", "2:9", "correct_top1"},
    {"{metric: speed, min: 1}", "2:18", "did you mean 'speedup'?"},
    {"{metric: tpo1, min: 1}", "2:18", "did you mean 'top1'?"},
    {"{metric: top1, model: net, min: 1}", "2:31", "did you mean 'net1'?"},
    {"{metric: top1, model: [net1, c], min: 1}", "2:38", "found 'c', expected of: net1, b"},
    {"{metric: top1, dataset: photo, min: 1}", "2:33", "did you mean 'photos'?"},
    {"{metric: top1, precision: [fp16, int4], min: 1}", "2:42", "did you mean 'int8'?"},
    {"{metric: top1, mode: entrpy, min: 1}", "2:30", "did you mean 'entropy'?"},
    {"{metric: top1, backend: onedn, min: 1}", "2:33", "did you mean 'onednn'?"},
    {"{metric: top1, backend: '', min: 1}", "2:33", "found ''"},
    {"{metric: top1, calib_batches: 0, min: 1}", "2:39", "at least 1"},
    {"{metric: top1, batch_size: x, min: 1}", "2:36", "an integer"},
    {"{metric: top1, threads: 0, min: 1}", "2:33", "at least 1"},
    {"{metric: top1, batchsize: 1, min: 1}", "2:24", "did you mean 'batch_size'?"},
    {"{metric: top1, margn: 0.1}", "2:18", "expected a bound"},
    {"{metric: top1, margn: 0.1, min: 1}", "2:24", "did you mean 'margin'?"},
    {"{metric: top1, min: .nan}", "2:29", "a number"},
    {"{metric: top1, min: 1, max: 0.5}", "2:29", "above max"},
    {"{metric: top1, min: 1, tolerance: 1}", "2:43", "equals, which is missing"},
    {"{metric: top1, min: 1, allow_inconclusive: true}", "2:52", "margin, which is missing"},
    {"{metric: top1, precision: fp32, mode: naive, min: 1}", "2:47", "int8 alone"},
    {"{metric: top1, precision: fp16, calib_batches: 5, min: 1}", "2:56", "int8 alone"},
    {"{metric: top1, mode: none, calib_batches: 5, min: 1}", "2:51", "which has none"},
    {"{metric: top1, precision: fp32, max_drop: 1}", "2:51", "found precision fp32"},
    {"{metric: top1, precision: fp32, margin: 0.1}", "2:49", "found precision fp32"},
    {"{metric: speedup, precision: fp32, min: 1}", "2:18", "found precision fp32"},
    {"{metric: flips, max_drop: 0.1}", "2:35", "compares with FP32 already"},
    {"{metric: latency_median, margin: 0.1}", "2:42", "expected top1, top5, map_voc07"},
    {"{metric: top1, margin: 0}", "2:32", "above 0 and below 1"},
    {"{metric: top1, margin: 5}", "2:32", "0.005 for half a point"},
    {"{metric: top1, min: 1, xfail: {until: 2027-01-31}}", "2:39", "expected why"},
    {"{metric: top1, min: 1, xfail: {reason: x}}", "2:39", "expected a day as 2027-01-31"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-02-29}}", "2:58", "2027-02-29"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-13-01}}", "2:58", "expected a day"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-1-31}}", "2:58", "expected a day"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-01-31x}}", "2:58", "expected a day"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-01--1}}", "2:58", "expected a day"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 0000-01-01}}", "2:58", "expected a day"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: soon}}", "2:58", "found 'soon'"},
    {"{metric: top1, min: 1, xfail: {reason: x, until: 2027-01-31, mode: navie}}", "2:76",
     "did you mean 'naive'?"},
    {"{metric: top1, min: 1, xfail: {reason: x, unitl: 2027-01-31}}", "2:39", "expected a day"},
    {"{metric: top1, min: 1, xfail: broken}", "2:39", "expected a mapping"},
    {"{metric: top1, min: 0, max: 1, xfail: {reason: x, until: 2027-01-31}}", "2:47",
     "several bounds"},
};

INSTANTIATE_TEST_SUITE_P(Table, ParseGateError, testing::ValuesIn(kBadGates));

}  // namespace
}  // namespace qbench
