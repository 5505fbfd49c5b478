#include <gmock/gmock.h>

#include <fstream>

#include "harness/suite/suite.h"
#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kFull = R"(
name: full
description: every key
dataset:
  name: photos
  records: photos.rec
  calibration: {records: other.rec, first: 8, batch_size: 16, shuffle: true, shuffle_seed: 5}
  evaluation: {skip: 100, count: 200}
models:
  - name: net
    source: here
    symbol: net.json
    params: net.params
    image_shape: [3, 32, 24]
    rgb_mean: [1, 2.5, 3]
    rgb_std: [4, 5, 6]
    resize_short: 40
    excluded_layers: [conv0, fc]
    exclude_first_conv: True
    expected:
      fp32: {top1: 75.5, top5: 92.25}
      int8: {top1: 75, mode: naive, calib_batches: 5}
  - name: other
    dataset: {records: birds.rec, evaluation: {skip: 0}}
axes:
  precisions: [tf32, int8]
  modes: [none, entropy]
  calib_batches: [1, 5]
  quantized_dtypes: [auto, uint8]
  batch_sizes: 4
  backends: [reference]
  threads: [1, 2]
measure: {warmup_seconds: 0.5, warmup_runs: 2, max_seconds: 3, min_samples: 7,
          give_up_seconds: 9, max_samples: 100, target_interval: 0.02}
timeout_seconds: 12.5
memory_limit_mb: 1000
gates:
  - {metric: correct_top1, model: net, precision: int8, mode: none, backend: reference,
     equals: 50, tolerance: 2, optional: true}
  - {metric: top1, min: 0.5, max: 0.9, max_drop: 0.01}
)";

TEST(ParseSuite, ReadsEveryKeyOfAModel) {
  const ModelSpec model = parse_suite(kFull, "s.yaml").models.at(0);
  EXPECT_EQ(model.name, "net");
  EXPECT_EQ(model.source, "here");
  EXPECT_EQ(model.symbol, "net.json");
  EXPECT_EQ(model.params, "net.params");
  EXPECT_EQ(model.image_shape, Shape({3, 32, 24}));
  EXPECT_THAT(model.rgb_mean, ElementsAre(1.F, 2.5F, 3.F));
  EXPECT_THAT(model.rgb_std, ElementsAre(4.F, 5.F, 6.F));
  EXPECT_EQ(model.resize_short, 40);
  EXPECT_THAT(model.excluded_layers, ElementsAre("conv0", "fc"));
  EXPECT_TRUE(model.exclude_first_conv);
  EXPECT_EQ(model.expected_fp32, (Documented{.top1 = 0.755, .top5 = 0.9225, .map = {}}));
  EXPECT_EQ(model.expected_int8.figures, (Documented{.top1 = 0.75, .top5 = {}, .map = {}}));
  EXPECT_EQ(model.expected_int8.mode, "naive");
  EXPECT_EQ(model.expected_int8.calib_batches, 5);
}

TEST(ParseSuite, ReadsDatasetsAndInheritsThem) {
  const Suite suite = parse_suite(kFull, "s.yaml");
  const DatasetSpec& first = suite.models.at(0).dataset;
  EXPECT_EQ(first.name, "photos");
  EXPECT_EQ(first.records, "photos.rec");
  EXPECT_EQ(first.calibration.records, "other.rec");
  EXPECT_EQ(first.calibration.first, 8);
  EXPECT_EQ(first.calibration.batch_size, 16);
  EXPECT_EQ(first.calibration.shuffle, true);
  EXPECT_EQ(first.calibration.shuffle_seed, 5);
  EXPECT_EQ(first.skip, 100);
  EXPECT_EQ(first.count, 200);
  const DatasetSpec& second = suite.models.at(1).dataset;
  EXPECT_EQ(second.name, "birds");
  EXPECT_EQ(second.records, "birds.rec");
  EXPECT_EQ(second.calibration.records, "birds.rec");
  EXPECT_EQ(second.calibration.batch_size, 16);
  EXPECT_EQ(second.skip, 0);
  EXPECT_EQ(second.count, 200);
}

TEST(ParseSuite, ReadsHowBoxesAreJudged) {
  const Suite suite = parse_suite(
      "dataset: {records: r, class_names: [cat, dog], classes: [15, 16], overlap: 0.6,"
      " use_difficult: true}\n"
      "models: [{name: a}, {name: b, classes: [7, 11]}]\n",
      "s.yaml");
  const DatasetSpec& same = suite.models.at(0).dataset;
  EXPECT_THAT(same.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(same.detection.label_classes, ElementsAre(15, 16));
  EXPECT_THAT(same.detection.network_classes, ElementsAre(15, 16));
  EXPECT_EQ(same.detection.overlap, 0.6F);
  EXPECT_TRUE(same.detection.use_difficult);
  const DatasetSpec& own = suite.models.at(1).dataset;
  EXPECT_THAT(own.detection.label_classes, ElementsAre(15, 16));
  EXPECT_THAT(own.detection.network_classes, ElementsAre(7, 11));
}

TEST(ParseSuite, ReadsAxesMeasureAndLimits) {
  const Suite suite = parse_suite(kFull, "s.yaml");
  EXPECT_EQ(suite.name, "full");
  EXPECT_EQ(suite.description, "every key");
  EXPECT_EQ(suite.file, "s.yaml");
  EXPECT_THAT(suite.axes.precisions, ElementsAre("tf32", "int8"));
  EXPECT_THAT(suite.axes.modes, ElementsAre("none", "entropy"));
  EXPECT_THAT(suite.axes.calib_batches, ElementsAre(1, 5));
  EXPECT_THAT(suite.axes.quantized_dtypes, ElementsAre("auto", "uint8"));
  EXPECT_THAT(suite.axes.batch_sizes, ElementsAre(4));
  EXPECT_THAT(suite.axes.backends, ElementsAre("reference"));
  EXPECT_THAT(suite.axes.threads, ElementsAre(1, 2));
  EXPECT_EQ(suite.measure.warmup_seconds, 0.5);
  EXPECT_EQ(suite.measure.warmup_runs, 2);
  EXPECT_EQ(suite.measure.max_seconds, 3);
  EXPECT_EQ(suite.measure.min_samples, 7);
  EXPECT_EQ(suite.measure.give_up_seconds, 9);
  EXPECT_EQ(suite.measure.max_samples, 100);
  EXPECT_EQ(suite.measure.target_interval, 0.02);
  EXPECT_EQ(suite.timeout_seconds, 12.5);
  EXPECT_EQ(suite.memory_limit_mb, 1000);
}

TEST(ParseSuite, GreyNetworksAndTheirEnd) {
  const Suite suite = parse_suite(
      "{models: [{name: m, image_shape: [1, 28, 28], rgb_mean: 33, rgb_std: [2, 2, 2], "
      "output: probs}, {name: n, until: fc}], dataset: {records: shapes:val}}",
      "s.yaml");
  EXPECT_EQ(suite.models.at(0).image_shape, Shape({1, 28, 28}));
  EXPECT_THAT(suite.models.at(0).rgb_mean, ElementsAre(33, 33, 33));
  EXPECT_EQ(suite.models.at(0).output, "probs");
  EXPECT_EQ(suite.models.at(1).until, "fc");
}

TEST(ParseSuite, FillsInWhatIsNotSaid) {
  const Suite suite =
      parse_suite("{models: [{name: m}], dataset: {records: shapes:val}}", "a/b.yaml");
  EXPECT_EQ(suite.name, "b");
  EXPECT_EQ(suite.models.at(0).symbol, "m-symbol.json");
  EXPECT_EQ(suite.models.at(0).params, "m-0000.params");
  EXPECT_EQ(suite.models.at(0).image_shape.rank(), 0U);  // as the file says
  EXPECT_EQ(suite.models.at(0).dataset.count, -1);
  EXPECT_THAT(suite.axes.precisions, ElementsAre("fp32", "int8"));
}

TEST(ParseSuite, AnOnnxFileHasItsParametersInside) {
  const Suite suite = parse_suite(
      "{models: [{name: m, symbol: m.onnx}], dataset: {records: shapes:val}}", "a/b.yaml");
  EXPECT_EQ(suite.models.at(0).symbol, "m.onnx");
  EXPECT_EQ(suite.models.at(0).params, "");
}

struct BadSuite {
  const char* text;
  const char* place;    // of the message, after the file
  const char* message;  // a part of it
};

class ParseSuiteError : public testing::TestWithParam<BadSuite> {};

TEST_P(ParseSuiteError, SaysWhereAndWhatWasExpected) {
  const BadSuite& bad = GetParam();
  const std::string message = error_of([&bad] { parse_suite(bad.text, "s.yaml"); });
  EXPECT_THAT(message,
              AllOf(StartsWith(std::string("s.yaml:") + bad.place), HasSubstr(bad.message)));
}

constexpr BadSuite kBadSuites[] = {
    {"", "1:1", "expected a mapping"},
    {"- a\n- b\n", "1:1", "found a list, expected a mapping"},
    {"models: [", "1:1", "end of sequence"},
    {"a: b: c\n", "1:5", ""},
    {"models: &a [*b]\n", "1:13", ""},
    {"\t- x", "1:2", "illegal block entry"},
    {"name: x\n", "1:1", "expected a list of at least one model"},
    {"models: []\n", "1:9", "expected a list of at least one model"},
    {"models: 3\n", "1:9", "found '3', expected a list of mappings"},
    {"models:\n  - net\n", "2:5", "found 'net', expected a mapping"},
    {"models:\n  - source: x\n", "2:5", "expected the model's name"},
    {"models:\n  - {name: a/b}\n", "2:12", "no slashes"},
    {"models:\n  - {name: a}\n", "2:5", "no records"},
    {"mdoels: []\nmodels: [{name: a, dataset: {records: r}}]\n", "1:1", "did you mean 'models'"},
    {"xyzzy: 1\nmodels: [{name: a, dataset: {records: r}}]\n", "1:1", "expected one of: axes, "},
    {"name: a\nname: b\n", "2:1", "'name' is given twice"},
    {"[a]: b\n", "1:1", "expected a single value"},
    {"models: [{name: a, dataset: {records: r}, image_shape: [3, 224]}]", "1:56", "2 values"},
    {"models: [{name: a, dataset: {records: r}, image_shape: [2, 2, 2]}]", "1:56", "2 channels"},
    {"models: [{name: a, dataset: {records: r}, image_shape: [3, 0, 2]}]", "1:56", "found 0"},
    {"models: [{name: a, dataset: {records: r}, image_shape: [3, 2.5, 2]}]", "1:56", "found 2.5"},
    {"models: [{name: a, dataset: {records: r}, image_shape: [3, x, 2]}]", "1:60", "found 'x'"},
    {"models: [{name: a, dataset: {records: r}, rgb_std: [1, 0, 1]}]", "1:52", "divides"},
    {"models: [{name: a, dataset: {records: r}, rgb_mean: x}]", "1:53", "found 'x'"},
    {"models: [{name: a, dataset: {records: r}, rgb_mean: [1, 2]}]", "1:53", "2 values"},
    {"models: [{name: a, dataset: {records: r}, rgb_std: 0}]", "1:52", "divides"},
    {"models: [{name: a, dataset: {records: r}, output: x, until: y}]", "1:61", "beside 'output'"},
    {"models: [{name: a, dataset: {records: r}, expected: {fp32: {top1: 101}}}]", "1:67",
     "at most 100"},
    {"models: [{name: a, dataset: {records: r}, expected: {int4: {}}}]", "1:54",
     "did you mean 'int8'"},
    {"models: [{name: a, dataset: {records: r}, expected: {int8: {mode: navie}}}]", "1:67",
     "did you mean 'naive'"},
    {"models: [{name: a, dataset: {records: r, overlap: 2}}]", "1:51", "at most 1"},
    {"models: [{name: a, dataset: {records: r, classes: [-1]}}]", "1:52", "at least 0"},
    {"models: [{name: a, dataset: {records: r, evaluation: {skip: -1}}}]", "1:61", "at least 0"},
    {"models: [{name: a, dataset: {records: r, evaluation: {count: many}}}]", "1:62", "an integer"},
    {"models: [{name: a, dataset: {records: r, calibration: {batch_size: 0}}}]", "1:68",
     "at least 1"},
    {"models: [{name: a, dataset: {records: r}}, {name: a, dataset: {records: r}}]", "1:9",
     "listed twice"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {modes: []}", "2:15", "empty list"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {modes: [naive, naive]}", "2:23",
     "listed twice"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {precisions: [fp32, bf16]}", "2:27",
     "fp32, tf32, fp16, int8"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {quantized_dtypes: int4}", "2:26",
     "auto, int8"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {batch_sizes: [0]}", "2:22", "at least 1"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {batch_sizes: [5000]}", "2:21",
     "above 4096"},
    {"models: [{name: a, dataset: {records: r}}]\naxes: {threads: [9999]}", "2:17", "above 1024"},
    {"models: [{name: a, dataset: {records: r}}]\nuntil_decided: 5", "2:16", "margin '5'"},
    {"models: [{name: a, dataset: {records: r}}]\nmeasure: {on_noise: x}", "2:21",
     "expected mistrust or warn"},
    {"models: [{name: a, dataset: {records: r}}]\nmeasure: {max_seconds: -1}", "2:24",
     "at least 0"},
    {"models: [{name: a, dataset: {records: r}}]\nmeasure: {max_seconds: .inf}", "2:24",
     "a number"},
    {"models: [{name: a, dataset: {records: r}}]\ntimeout_seconds: 0", "2:18", "at least 1"},
};

INSTANTIATE_TEST_SUITE_P(Table, ParseSuiteError, testing::ValuesIn(kBadSuites));

TEST(ParseSuite, NestsNoDeeperThanItCanCarry) {
  EXPECT_THROW(parse_suite(std::string(100000, '['), "s.yaml"), Error);
  EXPECT_THROW(parse_suite(std::string(100000, '{'), "s.yaml"), Error);
}

TEST(ParseSuite, CutAnywhereItIsASuiteOrAnError) {
  const std::string text = kFull;
  for (std::size_t length = 0; length < text.size(); length += 3) {
    const std::string message = error_of([&] { parse_suite(text.substr(0, length), "s.yaml"); });
    EXPECT_THAT(message, testing::AnyOf("no error", StartsWith("s.yaml:"))) << length;
  }
}

TEST(LoadSuite, NamesTheFile) {
  EXPECT_THAT(error_of([] { load_suite("/no/such.yaml"); }),
              HasSubstr("/no/such.yaml: No such file"));
  EXPECT_THROW(load_suite("/"), Error);
  const std::string large = testing::TempDir() + "large_suite.yaml";
  std::ofstream(large) << std::string((1 << 20) + 1, '#');
  EXPECT_THAT(error_of([&large] { load_suite(large); }), HasSubstr("a suite has at most"));
}

}  // namespace
}  // namespace qbench
