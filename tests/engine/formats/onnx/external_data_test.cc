// Tensors in a file beside the model: read where they are, refused where they are not.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::StartsWith;

// A folder with m.onnx, whose two weights lie in m.onnx.data: w from byte 4 on, k from byte 16.
class OnnxExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_.path());
    model_ = testing::parse_onnx(
        "g (float[1,3] x) => (float y) {k = Constant() \n t = Mul(x, w) \n y = Add(t, k)}");
    auto& weight = *model_.mutable_graph()->add_initializer();
    weight.set_name("w");
    make_external(weight, "4");
    auto& attribute = *model_.mutable_graph()->mutable_node(0)->add_attribute();
    attribute.set_name("value");
    attribute.set_type(::onnx::AttributeProto::TENSOR);
    make_external(*attribute.mutable_t(), "16");
    const testing::Numbers numbers = {-1, 1, 2, 3, 4, 5, 6};
    testing::write_file(data(), {reinterpret_cast<const char*>(numbers.data()), 28});
  }

  static void make_external(::onnx::TensorProto& tensor, const std::string& offset) {
    tensor.set_data_type(::onnx::TensorProto::FLOAT);
    tensor.add_dims(3);
    tensor.set_data_location(::onnx::TensorProto::EXTERNAL);
    set(tensor, "location", "m.onnx.data");
    set(tensor, "offset", offset);
    set(tensor, "length", "12");
  }

  static void set(::onnx::TensorProto& tensor, const std::string& key, const std::string& value) {
    for (auto& entry : *tensor.mutable_external_data()) {
      if (entry.key() == key) return entry.set_value(value);
    }
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }

  ::onnx::TensorProto& weight() { return *model_.mutable_graph()->mutable_initializer(0); }
  std::string file() const { return folder_.path() + "/m.onnx"; }
  std::string data() const { return file() + ".data"; }

  Graph import() const {
    testing::write_file(file(), model_.SerializeAsString());
    return import_model({file(), ""}, {});
  }
  std::string error() const {
    return message_of([&] { import(); });
  }
  std::string error_with(const std::string& key, const std::string& value) {
    const ::onnx::TensorProto before = weight();
    set(weight(), key, value);
    const std::string message = error();
    const bool named = message.starts_with(file() + ": initializer 'w': ");
    weight() = before;
    return named ? message : "not named: " + message;
  }

  testing::TemporaryFile folder_;
  ::onnx::ModelProto model_;
};

TEST_F(OnnxExternalData, IsReadFromItsPlace) {
  const Graph graph = import();
  EXPECT_THAT(graph.value(graph.find("w").value()).data<float>(), ElementsAre(1, 2, 3));
  EXPECT_THAT(graph.value(graph.find("k").value()).data<float>(), ElementsAre(4, 5, 6));
}

TEST_F(OnnxExternalData, OffsetAndLengthMayBeMissing) {
  weight().clear_external_data();
  set(weight(), "location", "m.onnx.data");
  set(weight(), "checksum", "0000");
  const Graph graph = import();
  EXPECT_THAT(graph.value(graph.find("w").value()).data<float>(), ElementsAre(-1, 1, 2));
}

TEST_F(OnnxExternalData, MayLieInAFolderBelow) {
  fs::create_directories(folder_.path() + "/weights");
  fs::rename(data(), folder_.path() + "/weights/all.bin");
  set(weight(), "location", "weights/all.bin");
  set(*model_.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_t(), "location",
      "./weights/all.bin");
  EXPECT_THAT(error(), "no error");
  EXPECT_THAT(data_files(file()), ElementsAre(folder_.path() + "/./weights/all.bin",
                                              folder_.path() + "/weights/all.bin"));
}

TEST_F(OnnxExternalData, IsReadFromTheFolderThatThisProgramIsIn) {
  testing::write_file(file(), model_.SerializeAsString());
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  EXPECT_EQ(message_of([] { import_model({"m.onnx", ""}, {}); }), "no error");
  fs::current_path(before);
}

TEST_F(OnnxExternalData, OutsideOfTheFolderIsRefused) {
  const testing::TemporaryFile secret(".bin");
  testing::write_file(secret.path(), std::string(28, 'x'));
  const char* const expected = "expected a file in the model's folder or below it";
  EXPECT_THAT(error_with("location", secret.path()), HasSubstr(expected));
  EXPECT_THAT(error_with("location", "../" + fs::path(secret.path()).filename().string()),
              HasSubstr(expected));
  EXPECT_THAT(error_with("location", "a/../m.onnx.data"), HasSubstr(expected));
  fs::create_symlink(secret.path(), folder_.path() + "/link");
  EXPECT_THAT(error_with("location", "link"), HasSubstr(expected));
  fs::create_directory_symlink(fs::path(secret.path()).parent_path(), folder_.path() + "/up");
  EXPECT_THAT(error_with("location", "up/" + fs::path(secret.path()).filename().string()),
              HasSubstr(expected));
}

TEST_F(OnnxExternalData, WhatIsNotThereIsRefused) {
  EXPECT_THAT(error_with("location", "other.data"),
              HasSubstr("'other.data', which is missing: expected it beside the model"));
  EXPECT_THAT(error_with("location", ""), HasSubstr("without its name"));
  fs::create_directory(folder_.path() + "/folder");
  EXPECT_THAT(error_with("location", "folder"), HasSubstr("'folder', which is no file"));
  EXPECT_THAT(error_with("offset", "20"),
              HasSubstr("bytes 20 to 32 of 'm.onnx.data', which has 28"));
  EXPECT_THAT(error_with("offset", "18446744073709551615"), HasSubstr("which has 28"));
  EXPECT_THAT(error_with("offset", "-4"), HasSubstr("offset '-4'"));
  EXPECT_THAT(error_with("offset", "4x"), HasSubstr("offset '4x'"));
  EXPECT_THAT(error_with("length", "8"),
              HasSubstr("8 bytes of data in 'm.onnx.data', expected 12"));
  EXPECT_THAT(error_with("length", ""), HasSubstr("length ''"));
  weight().set_dims(0, std::int64_t{1} << 39);
  weight().mutable_external_data()->RemoveLast();
  EXPECT_THAT(error(), HasSubstr("which has 28"));
  weight().set_dims(0, 3);
  weight().set_raw_data(std::string(12, '\0'));
  EXPECT_THAT(error(), HasSubstr("data both in this file and in another one"));
}

TEST_F(OnnxExternalData, ItsFilesAreKnown) {
  testing::write_file(file(), model_.SerializeAsString());
  EXPECT_THAT(data_files(file()), ElementsAre(data()));
  fs::remove(data());
  EXPECT_THAT(message_of([&] { data_files(file()); }),
              StartsWith(file() + ": initializer 'w': data in 'm.onnx.data', which is missing"));
  EXPECT_TRUE(data_files("m-symbol.json").empty());
}

}  // namespace
}  // namespace qbench
