// QuantizeLinear and DequantizeLinear in files of other tools.
#include <gmock/gmock.h>

#include "engine/graph/text.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_tensor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::import_onnx_proto;
using testing::message_of;

void add_bytes(::onnx::ModelProto& model, const std::string& name, bool is_signed,
               const std::vector<std::int64_t>& dims, const std::vector<int>& values) {
  ::onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(is_signed ? ::onnx::TensorProto::INT8 : ::onnx::TensorProto::UINT8);
  for (std::int64_t dim : dims) tensor.add_dims(dim);
  for (int value : values) tensor.add_int32_data(value);
}

// A convolution between quantized values; its weight is what `weight` makes of w, ws and wz.
::onnx::ModelProto network(const std::string& weight) {
  auto model = testing::parse_onnx("g (float[1,2,2,2] x) => (float y) {" + weight + R"(
    xq = QuantizeLinear(x, s, z)
    xd = DequantizeLinear(xq, s, z)
    c = Conv(xd, wd)
    r = Relu(c)
    rq = QuantizeLinear(r, s, z)
    y = DequantizeLinear(rq, s, z)
  })");
  add_tensor(model, "s", {}, {0.5F});
  add_bytes(model, "z", false, {}, {0});
  return model;
}

TEST(OnnxQuantized, ALayerBetweenQuantizedValuesComputesOnIntegers) {
  auto model = network("wd = DequantizeLinear<axis=0>(w, ws, wz)");
  add_bytes(model, "w", true, {2, 2, 1, 1}, {1, -2, 3, 127});
  add_tensor(model, "ws", {2}, {0.25F, 0.125F});
  add_bytes(model, "wz", true, {2}, {0, 0});
  EXPECT_EQ(print_graph(import_onnx_proto(model)), print_graph(parse_graph(R"(
x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]
xq = Quantize(x) : u8[1,2,2,2] scales=[0.5]
w = Constant() : s8[2,2,1,1] scales=[0.25,0.125] axis=0 values=[1,-2,3,127]
c = Convolution(xq, w; activation=relu) : u8[1,2,2,2] scales=[0.5]
y = Dequantize(c) : f32[1,2,2,2]
return y
)")));
}

TEST(OnnxQuantized, WeightsStoredInF32AreQuantizedAsTheFileSays) {
  auto model = network(R"(
    wq = QuantizeLinear<axis=0>(w, ws, wz)
    wd = DequantizeLinear<axis=0>(wq, ws, wz))");
  add_tensor(model, "w", {2, 2, 1, 1}, {0.25F, -0.4F, 100, 0.125F});
  add_tensor(model, "ws", {2}, {0.25F, 0.125F});
  add_bytes(model, "wz", true, {2}, {0, 0});
  const Graph graph = import_onnx_proto(model);
  const Node& layer = graph[graph.find("c").value()];
  ASSERT_TRUE(layer.type.quant);
  const auto values = graph.value(layer.inputs[1]).data<std::int8_t>();
  EXPECT_THAT(std::vector<int>(values.begin(), values.end()), ElementsAre(1, -2, 127, 1));
}

TEST(OnnxQuantized, ALayerWithF32WeightsStaysF32) {
  auto model = network("wd = Identity(w)");
  add_tensor(model, "w", {2, 2, 1, 1});
  const Graph graph = import_onnx_proto(model);
  EXPECT_FALSE(graph[graph.find("c").value()].type.quant);
}

TEST(OnnxQuantized, ZeroPointsThatAreNotZeroAreRefused) {
  auto model = network("wd = Identity(w)");
  add_tensor(model, "w", {2, 2, 1, 1});
  for (::onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == "z") tensor.set_int32_data(0, 128);
  }
  EXPECT_THAT(message_of([&] { import_onnx_proto(model); }),
              HasSubstr("a zero point that is not 0, supported is symmetric quantization"));
}

TEST(OnnxQuantized, ScalesMustBePositiveAndMatch) {
  auto model = network("wd = DequantizeLinear<axis=0>(w, ws, wz)");
  add_bytes(model, "w", true, {2, 2, 1, 1}, {1, 2, 3, 4});
  add_bytes(model, "wz", true, {2}, {0, 0});
  ::onnx::TensorProto& scale = add_tensor(model, "ws", {2}, {0.25F, -1});
  EXPECT_THAT(message_of([&] { import_onnx_proto(model); }),
              HasSubstr("scale -1, expected a positive number"));
  scale.set_float_data(1, 1);
  scale.add_float_data(1);
  scale.set_dims(0, 3);
  EXPECT_THAT(message_of([&] { import_onnx_proto(model); }), HasSubstr("3 scales along axis 0"));
}

}  // namespace
}  // namespace qbench
