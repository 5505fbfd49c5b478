// Means over height and width, however an exporter writes them.
#include <gmock/gmock.h>

#include <algorithm>
#include <ostream>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_integers;
using ::testing::HasSubstr;
using testing::Numbers;

constexpr std::int64_t kRows = 5;
constexpr std::int64_t kColumns = 3;

// x [2,4,5,3]; axes as inputs are named by their values.
Graph graph_of(const std::string& nodes, const std::string& opset) {
  auto model = testing::parse_onnx("<ir_version: 8, opset_import: [\"\": " + opset +
                                   "]>\n g (float[2,4,5,3] x) => (float y) {" + nodes + "}");
  add_integers(model, "a2", {2});
  add_integers(model, "a3", {3});
  add_integers(model, "a23", {2, 3});
  add_integers(model, "none", {});
  add_integers(model, "flat", {0, -1});
  return testing::import_onnx_proto(model, {.image_shape = {}, .batch = 2});
}

int count_pools(const Graph& graph, bool global) {
  return static_cast<int>(std::ranges::count_if(graph.nodes(), [&](const Node& node) {
    const auto* pool = std::get_if<Pool>(&node.op);
    return pool != nullptr && pool->global == global;
  }));
}

// For each image and channel the mean over rows, columns or both, in double.
Numbers means(bool over_rows, bool over_columns) {
  const Numbers x = testing::random_numbers(2 * 4 * kRows * kColumns, 7);
  const std::int64_t rows = over_rows ? 1 : kRows;
  const std::int64_t columns = over_columns ? 1 : kColumns;
  std::vector<double> sums(static_cast<std::size_t>(8 * rows * columns));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t row = over_rows ? 0 : at / kColumns % kRows;
    const std::int64_t column = over_columns ? 0 : at % kColumns;
    const std::int64_t plane = at / (kRows * kColumns);
    sums[static_cast<std::size_t>((plane * rows + row) * columns + column)] += x[i];
  }
  Numbers result;
  for (double sum : sums) {
    result.push_back(
        static_cast<float>(sum / static_cast<double>(x.size()) * static_cast<double>(sums.size())));
  }
  return result;
}

struct MeanCase {
  std::string name;
  std::string nodes;
  Shape shape;
  bool over_rows = true;
  bool over_columns = true;
  std::string opset = "13";
};

void PrintTo(const MeanCase& c, std::ostream* out) { *out << c.name; }

class Mean : public ::testing::TestWithParam<MeanCase> {};

TEST_P(Mean, IsAPooling) {
  const MeanCase& c = GetParam();
  const Graph graph = graph_of(c.nodes, c.opset);
  EXPECT_EQ(graph[graph.outputs().at(0)].type.shape, c.shape);
  const bool global = c.over_rows && c.over_columns;
  EXPECT_EQ(count_pools(graph, true), global ? 1 : 0);
  EXPECT_EQ(count_pools(graph, false), global ? 0 : 1);
  EXPECT_LT(
      testing::difference(testing::run_reference(graph).at(0), means(c.over_rows, c.over_columns)),
      1e-6F);
}

std::vector<MeanCase> mean_cases() {
  return {
      {"both", "y = ReduceMean<axes=[2,3]>(x)", {2, 4, 1, 1}},
      {"both_from_the_end", "y = ReduceMean<axes=[-1,-2], keepdims=0>(x)", {2, 4}},
      {"both_by_input", "y = ReduceMean<keepdims=0>(x, a23)", {2, 4}, true, true, "18"},
      {"columns_then_rows",
       "t = ReduceMean<axes=[3], keepdims=0>(x) \n"
       "y = ReduceMean<axes=[2], keepdims=0>(t)",
       {2, 4}},
      {"rows_then_columns",
       "t = ReduceMean<axes=[2], keepdims=0>(x) \n"
       "y = ReduceMean<axes=[2], keepdims=0>(t)",
       {2, 4}},
      {"last_of_the_last",
       "t = ReduceMean<axes=[-1], keepdims=0>(x) \n"
       "y = ReduceMean<axes=[-1], keepdims=0>(t)",
       {2, 4}},
      {"kept_then_kept",
       "t = ReduceMean<axes=[3]>(x) \n y = ReduceMean<axes=[2]>(t)",
       {2, 4, 1, 1}},
      {"kept_then_dropped",
       "t = ReduceMean<axes=[2]>(x) \n y = ReduceMean<axes=[3], keepdims=0>(t)",
       {2, 4, 1}},
      {"dropped_then_kept",
       "t = ReduceMean<axes=[3], keepdims=0>(x) \n y = ReduceMean<axes=[2]>(t)",
       {2, 4, 1}},
      {"kept_then_both",
       "t = ReduceMean<axes=[3]>(x) \n y = ReduceMean<axes=[2,3], keepdims=0>(t)",
       {2, 4}},
      {"pair_by_input",
       "t = ReduceMean<keepdims=0>(x, a3) \n y = ReduceMean<keepdims=0>(t, a2)",
       {2, 4},
       true,
       true,
       "18"},
      {"columns", "y = ReduceMean<axes=[3]>(x)", {2, 4, 5, 1}, false, true},
      {"columns_dropped", "y = ReduceMean<axes=[-1], keepdims=0>(x)", {2, 4, 5}, false, true},
      {"rows", "y = ReduceMean<axes=[2]>(x)", {2, 4, 1, 3}, true, false},
      {"rows_dropped", "y = ReduceMean<axes=[2], keepdims=0>(x)", {2, 4, 3}, true, false},
      {"noop_but_axes",
       "y = ReduceMean<noop_with_empty_axes=1>(x, a23)",
       {2, 4, 1, 1},
       true,
       true,
       "18"},
      {"pool_and_flatten", "t = GlobalAveragePool(x) \n y = Flatten(t)", {2, 4}},
      {"pool_and_squeeze", "t = GlobalAveragePool(x) \n y = Squeeze(t, a23)", {2, 4}},
      {"pool_and_reshape", "t = GlobalAveragePool(x) \n y = Reshape(t, flat)", {2, 4}},
  };
}

INSTANTIATE_TEST_SUITE_P(Onnx, Mean, ::testing::ValuesIn(mean_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(OnnxMean, OverNothingChangesNothing) {
  const Graph graph = graph_of("y = ReduceMean<noop_with_empty_axes=1>(x, none)", "18");
  EXPECT_EQ(testing::run_reference(graph).at(0), testing::random_numbers(2 * 4 * 15, 7));
}

TEST(OnnxMean, OverOtherAxesIsRefused) {
  const auto error_of = [](const std::string& nodes, const std::string& opset = "13") {
    return testing::message_of([&] { graph_of(nodes, opset); });
  };
  EXPECT_THAT(error_of("y = ReduceMean(x)"), HasSubstr("mean over axes [] of [2,4,5,3]"));
  EXPECT_THAT(error_of("y = ReduceMean(x, none)", "18"), HasSubstr("mean over axes []"));
  EXPECT_THAT(error_of("y = ReduceMean<axes=[1]>(x)"), HasSubstr("mean over axes [1]"));
  EXPECT_THAT(error_of("y = ReduceMean<axes=[1,2,3]>(x)"), HasSubstr("mean over axes [1,2,3]"));
  EXPECT_THAT(error_of("y = ReduceMean<axes=[2,3]>(x)", "18"),
              HasSubstr("attribute 'axes' in operator set 18, which has input 1"));
}

}  // namespace
}  // namespace qbench
