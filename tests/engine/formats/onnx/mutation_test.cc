// Damaged ONNX files: each must be read or refused with an Error, soon.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

::onnx::ModelProto small_model() {
  auto model = testing::parse_onnx(R"(g (float[1,2,8,8] x) => (float y) {
    a = Conv<kernel_shape=[3,3], pads=[1,1,1,1], strides=[2,2], group=1>(x, w, b)
    c = Clip(a, low, high)
    d = QuantizeLinear(c, s, z)
    e = DequantizeLinear(d, s, z)
    f = MaxPool<kernel_shape=[2,2], strides=[2,2], ceil_mode=1, auto_pad="SAME_UPPER">(e)
    h = Shape(f)
    i = Gather<axis=0>(h, zero)
    i1 = Gather<axis=1>(table, zero)
    i2 = Transpose<perm=[1,0]>(i1)
    i3 = Slice(i2, zero, one, one)
    i4 = Div(i3, minus)
    i6 = Squeeze(i4, zero)
    i5 = Concat<axis=0>(none, i, i6)
    j = Slice(i5, zero, one)
    j1 = Concat<axis=0>(j, minus)
    k = Reshape(f, j1)
    l = Gemm<transB=0, alpha=0.5>(k, v)
    m = Unsqueeze(l, axes)
    n = Squeeze(m, axes)
    o = BatchNormalization(n, b, b, b, b)
    p = Mul(o, b)
    q = ReduceMean<axes=[3], keepdims=0>(m)
    r = ReduceMean<axes=[2]>(q)
    t = Squeeze(r, two)
    u = Mul(t, p)
    y = Softmax<axis=1>(u)
  })");
  testing::add_tensor(model, "w", {3, 2, 3, 3});
  testing::add_tensor(model, "b", {3}, {1, 2, 3});
  testing::add_tensor(model, "low", {}, {0});
  testing::add_tensor(model, "high", {}, {6});
  testing::add_tensor(model, "s", {}, {0.05F});
  testing::add_tensor(model, "v", {12, 3});
  testing::add_integers(model, "zero", {0});
  testing::add_integers(model, "minus", {-1});
  testing::add_integers(model, "axes", {2, 3});
  testing::add_integers(model, "two", {2});
  testing::add_integers(model, "one", {1});
  testing::add_integers(model, "none", {});
  testing::add_table(model, "table", {2, 2}, {-1, 2, 3, -4});
  auto& zero_point = *model.mutable_graph()->add_initializer();
  zero_point.set_name("z");
  zero_point.set_data_type(::onnx::TensorProto::UINT8);
  zero_point.add_int32_data(0);
  return model;
}

bool is_read(const std::string& content) {
  const testing::TemporaryFile file(".onnx");
  testing::write_file(file.path(), content);
  const auto begin = std::chrono::steady_clock::now();
  const bool good = testing::message_of([&] { import_model({file.path(), ""}, {}); }) == "no error";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  return good;
}

TEST(OnnxMutation, TheWholeFileIsRead) { EXPECT_TRUE(is_read(small_model().SerializeAsString())); }

TEST(OnnxMutation, EveryCutIsReadOrRefused) {
  const std::string whole = small_model().SerializeAsString();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(is_read(whole.substr(0, size))) << size;
}

TEST(OnnxMutation, RandomChangesAreReadOrRefused) {
  const std::string whole = small_model().SerializeAsString();
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    refused += is_read(testing::mutated(whole, seed)) ? 0 : 1;
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace qbench
