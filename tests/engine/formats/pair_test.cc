// A symbol and the parameters that it was written with.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "engine/graph/text.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using ::testing::Not;
using testing::TemporaryFile;

Graph network(int seed) {
  return parse_graph(
      "data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]\nw = Constant() : f32[4,3,3,3] "
      "values=random(" +
      std::to_string(seed) + ")\nconv = Convolution(data, w) : f32[1,4,6,6]\nreturn conv\n");
}

struct Pair {
  TemporaryFile symbol{"-symbol.json"};
  TemporaryFile params{"-0000.params"};
  ModelFiles files() const { return {symbol.path(), params.path()}; }
};

TEST(Pair, OfTwoModelsIsRefused) {
  const Pair first;
  const Pair second;
  export_model(network(1), first.files());
  export_model(network(2), second.files());
  const ModelFiles mixed{first.symbol.path(), second.params.path()};
  EXPECT_THAT(message_of([&] { import_model(mixed, {}); }),
              AllOf(HasSubstr(mixed.symbol + " was not written with the parameters that are in " +
                              mixed.params),
                    HasSubstr("quantize or export the model again")));
  EXPECT_EQ(message_of([&] { import_model(first.files(), {}); }), "no error");
  EXPECT_EQ(message_of([&] { import_model({mixed.symbol, ""}, {}); }), "no error");  // random ones
}

// All modes of calibration share one parameter file, and it may hold more than one of them reads.
TEST(Pair, SymbolsOfOneModelShareAParameterFile) {
  const Graph fp32 = network(1);
  const Pair none;
  const Pair naive;
  CalibrationTable table{
      .mode = "naive", .batches = 1, .images = 1, .model_hash = "", .data_hash = "", .ranges = {}};
  table.ranges["data"] = {{-1, 1}, {-1, 1}, {-1, 1}};
  table.ranges["conv"] = {{-2, 2}, {-2, 2}, {-2, 2}};
  export_model(quantize(fp32, {}, nullptr).graph, none.files());
  export_model(quantize(fp32, {}, &table).graph, naive.files());
  ASSERT_NE(testing::read_file(none.symbol.path()), testing::read_file(naive.symbol.path()));
  std::vector<std::string> notices;
  ImportOptions options;
  options.notices = &notices;
  for (const std::string& symbol : {none.symbol.path(), naive.symbol.path()})
    EXPECT_EQ(message_of([&] {
                import_model({symbol, naive.params.path()}, options);
              }),
              "no error");
  EXPECT_THAT(notices, IsEmpty());

  std::vector<NamedArray> arrays = read_params(naive.params.path());
  arrays.push_back({"arg:more", std::make_shared<Tensor>(DType::f32, Shape{2})});
  std::ofstream out(naive.params.path(), std::ios::binary);
  write_params(out, arrays);
  out.close();
  EXPECT_EQ(message_of([&] { import_model(naive.files(), {}); }), "no error");
}

TEST(Pair, WithoutAHashIsReadWithANotice) {
  const Pair pair;
  export_model(quantize(network(1), {}, nullptr).graph, pair.files());
  std::string text = testing::read_file(pair.symbol.path());
  const auto begin = text.find(", \"qbench_parameters\"");
  ASSERT_NE(begin, std::string::npos);
  text.erase(begin, text.find(']', begin) + 1 - begin);
  testing::write_file(pair.symbol.path(), text);
  std::vector<std::string> notices;
  ImportOptions options;
  options.notices = &notices;
  import_model(pair.files(), options);
  EXPECT_THAT(notices,
              ElementsAre(HasSubstr("does not say which parameters it was quantized with")));
}

TEST(Pair, TheHashIsOfNamesTypesShapesAndValues) {
  const auto array = [](const char* name, Shape shape, float value) {
    auto tensor = std::make_shared<Tensor>(DType::f32, std::move(shape));
    tensor->data<float>()[0] = value;
    return NamedArray{name, std::move(tensor)};
  };
  const NamedArray a = array("arg:a", {2, 1}, 1);
  const NamedArray b = array("aux:b", {2}, 2);
  const auto hash = [](std::vector<NamedArray> arrays) { return hash_of(arrays); };
  EXPECT_EQ(hash({a, b}), hash({b, a}));
  EXPECT_EQ(hash({a}), hash({array("a", {2, 1}, 1)}));
  EXPECT_THAT(hash({a}),
              AllOf(Not(hash({b})), Not(hash({a, b})), Not(hash({array("a", {1, 2}, 1)})),
                    Not(hash({array("a", {2, 1}, 3)})), Not(hash({array("c", {2, 1}, 1)}))));
}

}  // namespace
}  // namespace qbench
