#include <gmock/gmock.h>

#include "harness/suite/suite.h"
#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Suite two_models() {
  return parse_suite(R"(
dataset: {records: photos.rec, evaluation: {skip: 10, count: 1000}}
models: [{name: resnet}, {name: squeezenet}]
axes: {modes: [naive], calib_batches: [5], batch_sizes: [1], threads: [1]}
)",
                     "s.yaml");
}

TEST(Overrides, NothingGivenChangesNothing) {
  Suite suite = two_models();
  apply({}, suite);
  EXPECT_EQ(suite.models.size(), 2U);
  EXPECT_THAT(suite.axes.modes, ElementsAre("naive"));
  EXPECT_EQ(suite.models[0].dataset.count, 1000);
  EXPECT_FALSE(suite.other_images);
}

TEST(Overrides, ReplaceAxes) {
  Suite suite = two_models();
  Overrides overrides;
  overrides.modes = {"none", "entropy", "none"};
  overrides.calib_batches = {1, 2};
  overrides.batch_sizes = {8};
  overrides.backends = {"reference"};
  overrides.threads = {0, 2};
  overrides.precisions = {"fp16", "int8"};
  overrides.quantized_dtypes = {"uint8"};
  apply(overrides, suite);
  EXPECT_THAT(suite.axes.modes, ElementsAre("none", "entropy"));  // each once
  EXPECT_THAT(suite.axes.calib_batches, ElementsAre(1, 2));
  EXPECT_THAT(suite.axes.batch_sizes, ElementsAre(8));
  EXPECT_THAT(suite.axes.backends, ElementsAre("reference"));
  EXPECT_THAT(suite.axes.threads, ElementsAre(0, 2));
  EXPECT_THAT(suite.axes.precisions, ElementsAre("fp16", "int8"));
  EXPECT_THAT(suite.axes.quantized_dtypes, ElementsAre("uint8"));
}

TEST(Overrides, KeepTheModelsThatAreNamed) {
  Suite suite = two_models();
  Overrides overrides;
  overrides.models = {"squeezenet"};
  apply(overrides, suite);
  ASSERT_EQ(suite.models.size(), 1U);
  EXPECT_EQ(suite.models[0].name, "squeezenet");
}

TEST(Overrides, ReplaceTheImagesOfEveryModel) {
  Suite suite = two_models();
  Overrides overrides;
  overrides.dataset = "dir/birds.rec";
  overrides.skip = 0;
  overrides.limit = 20;
  apply(overrides, suite);
  for (const ModelSpec& model : suite.models) {
    EXPECT_EQ(model.dataset.name, "birds");
    EXPECT_EQ(model.dataset.records, "dir/birds.rec");
    EXPECT_EQ(model.dataset.calibration.records, "dir/birds.rec");
    EXPECT_EQ(model.dataset.skip, 0);
    EXPECT_EQ(model.dataset.count, 20);
  }
  EXPECT_TRUE(suite.other_images);
}

TEST(Overrides, QuickMeansFewImagesAndSamples) {
  Suite suite = two_models();
  Overrides overrides;
  overrides.quick = true;
  apply(overrides, suite);
  EXPECT_LE(suite.models[0].dataset.count, 128);
  EXPECT_LE(suite.measure.max_seconds, 0.5);
  EXPECT_TRUE(suite.other_images);

  overrides.limit = 5;  // fewer still
  apply(overrides, suite);
  EXPECT_EQ(suite.models[0].dataset.count, 5);
}

TEST(Overrides, WhatLeavesCasesOutIsNoted) {
  struct Option {
    void (*set)(Overrides& overrides);
    const char* name;
  };
  for (const Option& option :
       {Option{[](Overrides& o) { o.models = {"resnet"}; }, "--models"},
        Option{[](Overrides& o) { o.precisions = {"int8"}; }, "--precisions"},
        Option{[](Overrides& o) { o.modes = {"none"}; }, "--modes"},
        Option{[](Overrides& o) { o.calib_batches = {1}; }, "--batches"},
        Option{[](Overrides& o) { o.batch_sizes = {2}; }, "--batch-sizes"},
        Option{[](Overrides& o) { o.backends = {"reference"}; }, "--backends"},
        Option{[](Overrides& o) { o.threads = {1}; }, "--threads"},
        Option{[](Overrides& o) { o.dataset = "birds.rec"; }, "--dataset"}}) {
    Suite suite = two_models();
    Overrides overrides;
    option.set(overrides);
    apply(overrides, suite);
    EXPECT_EQ(suite.narrowed_by, option.name);
    Suite another;  // of other models
    note_changes(overrides, another);
    EXPECT_EQ(another.narrowed_by, option.name);
    EXPECT_EQ(another.other_images, !overrides.dataset.empty());
  }
  Suite both = two_models();
  Overrides overrides;
  overrides.models = {"resnet"};
  overrides.modes = {"none"};
  apply(overrides, both);
  EXPECT_EQ(both.narrowed_by, "--models, --modes");
}

TEST(Overrides, ErrorsNameTheOption) {
  struct Bad {
    void (*set)(Overrides& overrides);
    const char* message;
  };
  for (const Bad& bad : {
           Bad{[](Overrides& o) { o.models = {"resnte"}; },
               "--models: the suite has no 'resnte', did you mean 'resnet'?"},
           {[](Overrides& o) { o.models = {"zzz"}; }, "expected of: resnet, squeezenet"},
           {[](Overrides& o) { o.precisions = {"bf16"}; }, "--precisions: found 'bf16'"},
           {[](Overrides& o) { o.quantized_dtypes = {"int4"}; }, "--quantized-dtype: found 'int4'"},
           {[](Overrides& o) { o.calib_batches = {0}; }, "--batches: found 0"},
           {[](Overrides& o) { o.batch_sizes = {-1}; }, "--batch-sizes: found -1"},
           {[](Overrides& o) { o.threads = {-1}; }, "--threads: found -1"},
           {[](Overrides& o) { o.limit = 0; }, "--limit: found 0"},
       }) {
    Suite suite = two_models();
    Overrides overrides;
    bad.set(overrides);
    EXPECT_THAT(error_of([&] { apply(overrides, suite); }), HasSubstr(bad.message));
  }
}

}  // namespace
}  // namespace qbench
