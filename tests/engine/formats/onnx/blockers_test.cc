// What is said of a file that holds several things nobody here can read.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string error_of(const std::string& nodes) {
  const testing::TemporaryFile file(".onnx");
  testing::write_file(
      file.path(),
      testing::parse_onnx("g (float[1,2,8,8] x, int64[1] n) => (float y) {" + nodes + "}")
          .SerializeAsString());
  const std::string message = testing::message_of([&] { import_model({file.path(), ""}, {}); });
  EXPECT_EQ(message.find(file.path() + ": "), 0U);
  return message.substr(file.path().size() + 2);
}

TEST(OnnxBlockers, AreAllInOneMessage) {
  EXPECT_EQ(error_of("a = Gelu(x) \n b = Gelu(x) \n c = Flatten<axis=2>(x) \n"
                     "d = Flatten<axis=3>(x) \n e = MaxPool<kernel_shape=[2,2], dilations=[2,2]>(x)"
                     "\n f = Relu(e) \n h = Flatten<axis=3>(f) \n i = Add(x, n) \n y = Relu(x)"),
            "cannot be imported:\n"
            "  input 'n': elements are s64, supported is floating point\n"
            "  Gelu: 2 nodes (first: node 0 ''): operator 'Gelu' is not supported\n"
            "  Flatten: 2 nodes (first: node 2 ''), 1 unchecked: attribute 'axis' is 2, supported "
            "is 1\n"
            "  MaxPool: 1 node (node 4 ''): attribute 'dilations', supported is 1\n"
            "  3 more nodes could not be checked, reading what these would deliver");
}

TEST(OnnxBlockers, BehindOneThatIsUnknownTheNextIsFound) {
  const std::string message = error_of("a = Gelu(x) \n b = Relu(a) \n y = Erf(b)");
  EXPECT_THAT(message, HasSubstr("Gelu: 1 node"));
  EXPECT_THAT(message, HasSubstr("Erf: 1 node"));
}

TEST(OnnxBlockers, ManyAreShort) {
  std::string nodes;
  for (int i = 0; i < 60; ++i)
    nodes += "v = Op" + std::string(static_cast<std::size_t>(i), 'o') + "(x)\n";
  const std::string message = error_of(nodes + "y = Relu(x)");
  EXPECT_LE(std::ranges::count(message, '\n'), 10) << message;
  EXPECT_LT(message.size(), 2000U);
  EXPECT_THAT(message, HasSubstr("kinds more: "));
}

TEST(OnnxBlockers, OneIsSaidInOneLine) {
  const auto model = testing::parse_onnx("g (float[1,2,8,8] x) => (float y) {y = Erf(x)}");
  EXPECT_THAT(testing::message_of([&] { testing::import_onnx_proto(model); }),
              EndsWith(": node 0 '' (Erf): operator 'Erf' is not supported"));
}

TEST(OnnxBlockers, WhatNobodyReadsBlocksNothing) {
  auto model = testing::parse_onnx("g (float[1,2,8,8] x) => (float y) {y = Relu(x)}");
  auto& text = *model.mutable_graph()->add_initializer();
  text.set_name("labels");
  text.set_data_type(::onnx::TensorProto::STRING);
  EXPECT_EQ(testing::message_of([&] { testing::import_onnx_proto(model); }), "no error");
  model.mutable_graph()->mutable_node(0)->set_input(0, "labels");
  EXPECT_THAT(testing::message_of([&] { testing::import_onnx_proto(model); }),
              HasSubstr("node 0 '' (Relu): initializer 'labels': element type STRING"));
}

}  // namespace
}  // namespace qbench
