#include "engine/formats/params.h"

#include <gmock/gmock.h>

#include <array>
#include <sstream>

#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using ::testing::SizeIs;

// A file written by hand, byte for byte.
class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  Bytes& u32(std::uint32_t value) { return put(value); }
  Bytes& i32(std::int32_t value) { return put(value); }
  Bytes& u64(std::uint64_t value) { return put(value); }
  Bytes& f32(float value) { return put(value); }
  Bytes& header(std::uint64_t arrays) { return u64(0x112).u64(0).u64(arrays); }
  Bytes& device() { return i32(1).i32(0); }
  Bytes& names(const std::vector<std::string>& names) {
    u64(names.size());
    for (const std::string& name : names) {
      u64(name.size());
      text_ += name;
    }
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::vector<NamedArray> parse(const std::string& text) {
  std::istringstream in(text);
  return read_params(in, text.size());
}

std::string serialize(std::span<const NamedArray> arrays) {
  std::ostringstream out;
  write_params(out, arrays);
  return out.str();
}

constexpr std::uint32_t kV1 = 0xF993FAC8;
constexpr std::uint32_t kV2 = 0xF993FAC9;
constexpr std::uint32_t kV3 = 0xF993FACA;

std::string with_values(Bytes bytes) {  // the end of a file with one array [2,1]
  return bytes.device().i32(0).f32(1.5F).f32(-2).names({"arg:w"}).text();
}

TEST(Params, EveryVersionOfTheRecordIsRead) {
  const std::pair<const char*, Bytes> cases[] = {
      {"V0", Bytes().header(1).u32(2).u32(2).u32(1)},
      {"V1", Bytes().header(1).u32(kV1).u32(2).u64(2).u64(1)},
      {"V2", Bytes().header(1).u32(kV2).i32(0).i32(2).u64(2).u64(1)},
      {"V3", Bytes().header(1).u32(kV3).i32(0).i32(2).u64(2).u64(1)},
  };
  for (const auto& [version, begin] : cases) {
    SCOPED_TRACE(version);
    const auto arrays = parse(with_values(begin));
    ASSERT_THAT(arrays, SizeIs(1));
    EXPECT_EQ(arrays[0].name, "arg:w");
    EXPECT_EQ(arrays[0].value->shape(), (Shape{2, 1}));
    EXPECT_THAT(arrays[0].value->data<float>(), ::testing::ElementsAre(1.5F, -2.0F));
  }
}

TEST(Params, ArraysWithoutValueAndScalars) {
  const Bytes file = Bytes()
                         .header(4)
                         .u32(0)  // V0, rank 0: no value
                         .u32(kV2)
                         .i32(0)
                         .i32(0)  // V2, the same
                         .u32(kV3)
                         .i32(0)
                         .i32(-1)  // V3, unknown shape
                         .u32(kV3)
                         .i32(0)
                         .i32(0)
                         .device()
                         .i32(0)
                         .f32(7)
                         .names({"a", "b", "c", "d"});
  const auto arrays = parse(file.text());
  ASSERT_THAT(arrays, SizeIs(4));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(arrays[static_cast<std::size_t>(i)].value, nullptr);
  EXPECT_EQ(arrays[3].value->shape(), Shape{});
  EXPECT_EQ(arrays[3].value->data<float>()[0], 7);
}

TEST(Params, EveryElementTypeKeepsItsBytes) {
  const std::pair<std::int32_t, DType> cases[] = {{0, DType::f32}, {1, DType::f64}, {2, DType::f16},
                                                  {3, DType::u8},  {4, DType::s32}, {5, DType::s8},
                                                  {6, DType::s64}};
  for (const auto& [code, dtype] : cases) {
    SCOPED_TRACE(to_string(dtype));
    Bytes file = Bytes().header(1).u32(kV2).i32(0).i32(1).u64(3).device().i32(code);
    for (std::size_t i = 0; i < 3 * size_of(dtype); ++i) file.put(static_cast<char>(i));
    const std::string text = file.names({"arg:x"}).text();
    const auto arrays = parse(text);
    EXPECT_EQ(arrays[0].value->dtype(), dtype);
    EXPECT_EQ(serialize(arrays), text);
  }
}

TEST(Params, NamesMayBeMissing) {
  const std::string text =
      Bytes().header(1).u32(kV2).i32(0).i32(1).u64(1).device().i32(0).f32(1).u64(0).text();
  const auto arrays = parse(text);
  EXPECT_EQ(arrays[0].name, "");
  EXPECT_EQ(serialize(arrays), text);
}

TEST(Params, WhatIsWrongIsSaidWithItsPlace) {
  const auto v2 = [](std::uint64_t arrays = 1) { return Bytes().header(arrays).u32(kV2).i32(0); };
  const auto one = [&](std::int32_t code) { return v2().i32(1).u64(1).device().i32(code); };
  const struct {
    std::string file;
    std::string message;
  } cases[] = {
      {"", "0 bytes left at byte 0, expected 8 bytes of file header"},
      {Bytes().u64(0x113).u64(0).u64(0).text(), "0x113 at byte 0, expected 0x112"},
      {Bytes().header(1ULL << 60).u64(0).text(), "1152921504606846976 arrays at byte 16"},
      {v2().i32(1).u64(1000).device().i32(0).f32(1).text(),
       "array 1 of 1, from byte 24: 4 bytes left at byte 56, expected 4000 bytes of data for "
       "float32 [1000]"},
      {v2().i32(1).u64(1ULL << 62).device().i32(0).f32(1).text(), "more than 2^40 elements"},
      {v2().i32(2).u64(1ULL << 39).u64(2).device().i32(0).f32(1).text(), "expected 4398046511104"},
      {v2().i32(1).u64(~0ULL).device().i32(0).f32(1).text(), "negative dimension"},
      {v2().i32(40).u64(1).text(), "rank 40 at byte 32, expected at most 32"},
      {v2().i32(-5).u64(1).text(), "rank 4294967291"},
      {Bytes().header(1).u32(0xF993FAC7).text(), "0xf993fac7 at byte 24, expected the magic"},
      {Bytes().header(1).u32(kV2).i32(1).text(), "storage type 1 (row_sparse) at byte 28"},
      {Bytes().header(1).u32(kV3).i32(2).text(), "storage type 2 (csr)"},
      {Bytes().header(1).u32(kV2).i32(9).text(), "storage type 9 (unknown)"},
      {one(13).text(), "element type 13 at byte 52, expected 0 to 12"},
      {one(-1).text(), "element type -1"},
      {one(8).put(std::int16_t{1}).names({"arg:odd"}).text(), "'arg:odd', holds int16"},
      {one(12).put(std::int16_t{1}).names({"arg:odd"}).text(), "'arg:odd', holds bfloat16"},
      {one(0).f32(1).u64(2).text(), "2 names at byte 60, expected 1 or none"},
      {one(0).f32(1).u64(1).u64(1ULL << 50).text(), "expected 1125899906842624 bytes of name"},
      {one(0).f32(1).names({"a"}).put('x').text(), "1 bytes after the last name, at byte 77"},
      {v2(2).i32(0).u32(0).names({"a", "a"}).text(), "a second array 'a', named at byte"},
  };
  for (const auto& c : cases) EXPECT_THAT(message_of([&] { parse(c.file); }), HasSubstr(c.message));
}

TEST(Params, AFileCutAnywhereIsRefused) {
  std::vector<NamedArray> arrays;
  for (const char* name : {"arg:a", "aux:b"})
    arrays.push_back({name, std::make_shared<Tensor>(DType::f32, Shape{2, 3})});
  const std::string whole = serialize(arrays);
  EXPECT_THAT(parse(whole), SizeIs(2));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(message_of([&] { parse(whole.substr(0, size)); }), HasSubstr("at byte"))
        << "cut at " << size;
  }
}

TEST(Params, TheFileIsNamed) {
  EXPECT_THAT(message_of([] { read_params("/nowhere/x.params"); }),
              HasSubstr("/nowhere/x.params: cannot be read: No such file"));
  const testing::TemporaryFile file(".params");
  testing::write_file(file.path(), "short");
  EXPECT_THAT(message_of([&] { read_params(file.path()); }), HasSubstr(file.path() + ": 5 bytes"));
}

TEST(Params, MutatedFilesNeverDoAnythingButFail) {
  std::vector<NamedArray> arrays;
  for (const DType dtype : {DType::f32, DType::s8, DType::s64}) {
    arrays.push_back(
        {"arg:" + std::string(to_string(dtype)), std::make_shared<Tensor>(dtype, Shape{3, 2})});
  }
  const std::string whole = serialize(arrays);
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed)
    refused += message_of([&] { parse(testing::mutated(whole, seed)); }) != "no error";
  EXPECT_GT(refused, 10000);
}

TEST(Params, RealFilesAreWrittenAsTheyWere) {
  SKIP_WITHOUT_REAL_DATA();
  for (const char* name : {"mobilenet0.25", "mobilenet1.0", "resnet20_cifar10", "squeezenet1.0",
                           "ssd_mobilenet_v1_coco"}) {
    SCOPED_TRACE(name);
    const std::string path = testing::real_data() + "/models/" + name + "-0000.params";
    EXPECT_TRUE(serialize(read_params(path)) == testing::read_file(path));
  }
}

}  // namespace
}  // namespace qbench
