// Element types, shapes and tensors.
#include "engine/core/tensor.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DType, NamesAndSizes) {
  const std::tuple<DType, std::string_view, std::size_t> all[] = {
      {DType::f32, "f32", 4}, {DType::f64, "f64", 8}, {DType::f16, "f16", 2}, {DType::s8, "s8", 1},
      {DType::u8, "u8", 1},   {DType::s32, "s32", 4}, {DType::s64, "s64", 8}};
  for (const auto& [dtype, name, size] : all) {
    EXPECT_EQ(to_string(dtype), name);
    EXPECT_EQ(dtype_from_string(name), dtype);
    EXPECT_EQ(size_of(dtype), size);
  }
  EXPECT_THROW(dtype_from_string("float32"), Error);
  EXPECT_THROW(dtype_from_string(""), Error);
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ((Shape{2, 3, 4}).elements(), 24);
  EXPECT_EQ((Shape{2, 3, 4}).elements(1), 12);
  EXPECT_EQ((Shape{2, 3, 4}).elements(3), 1);
  EXPECT_EQ((Shape{5, 0, 7}).elements(), 0);
  EXPECT_EQ((Shape{1 << 20, 1 << 20}).elements(), std::int64_t{1} << 40);
  EXPECT_EQ(to_string(Shape{1, 3, 224}), "[1,3,224]");
  EXPECT_EQ(to_string(Shape()), "[]");
}

TEST(Shape, RefusesNegativeAndHugeDimensions) {
  EXPECT_THROW((Shape{2, -1}).elements(), Error);
  EXPECT_THROW((Shape{(1 << 20) + 1, 1 << 20}).elements(), Error);
  EXPECT_THROW((Shape{std::int64_t{1} << 62, 4}).elements(), Error);        // would wrap to 0
  EXPECT_THROW((Shape{0, (std::int64_t{1} << 40) + 1}).elements(), Error);  // twice it may overflow
  EXPECT_EQ((Shape{0, std::int64_t{1} << 40}).elements(), 0);
}

TEST(Tensor, StartsAsZerosOnItsAlignment) {
  Tensor tensor(DType::f32, {3, 5});
  EXPECT_EQ(tensor.elements(), 15U);
  EXPECT_EQ(tensor.size_bytes(), 60U);
  EXPECT_THAT(tensor.data<float>(), Each(0.0F));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes().data()) % Tensor::kAlignment, 0U);
}

TEST(Tensor, EmptyOnes) {
  EXPECT_EQ(Tensor().elements(), 0U);
  EXPECT_TRUE(Tensor().data<float>().empty());
  EXPECT_EQ(Tensor(DType::s8, {4, 0}).size_bytes(), 0U);
}

TEST(Tensor, IsReadAsItsOwnTypeOnly) {
  const Tensor tensor(DType::s8, {1});
  EXPECT_EQ(tensor.data<std::int8_t>().size(), 1U);
  EXPECT_THROW(tensor.data<std::uint8_t>(), Error);
  EXPECT_THROW(tensor.data<float>(), Error);
}

TEST(Tensor, CloneAndIdentical) {
  const std::vector<std::int32_t> values = {1, -2, 3};
  const Tensor tensor = Tensor::of<std::int32_t>({3}, values);
  Tensor copy = tensor.clone();
  EXPECT_TRUE(identical(tensor, copy));
  copy.data<std::int32_t>()[1] = 0;
  EXPECT_FALSE(identical(tensor, copy));
  EXPECT_THAT(tensor.data<std::int32_t>(), ElementsAre(1, -2, 3));
  EXPECT_FALSE(identical(tensor, Tensor::of<std::int32_t>({3, 1}, values)));
  EXPECT_FALSE(identical(Tensor(DType::s8, {2}), Tensor(DType::u8, {2})));
}

TEST(Tensor, ValuesFillTheShapeExactly) {
  const std::vector<float> values = {1, 2, 3};
  EXPECT_THROW(Tensor::of<float>({2}, values), Error);
  EXPECT_THROW(Tensor::of<float>({2, 2}, values), Error);
  EXPECT_THROW(Tensor::of<float>({-3}, values), Error);
  EXPECT_THAT(Tensor::of<float>({1, 3}, values).data<float>(), ElementsAre(1, 2, 3));
}

TEST(Tensor, TooLargeIsAnErrorThatSaysHowLarge) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer ends the program instead of throwing bad_alloc";
#endif
  try {
    Tensor tensor(DType::f64, {1 << 20, 1 << 20});
    GTEST_SKIP() << "this machine gives out 8 TiB";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::environment);
    EXPECT_THAT(error.what(), HasSubstr("8796093022208 bytes"));
  }
}

TEST(Error, GathersPlacesFromInsideOut) {
  const Error inner("3 found, 4 expected", ErrorKind::unsupported);
  const Error outer = inner.at("byte 7").at("file.bin");
  EXPECT_STREQ(outer.what(), "file.bin: byte 7: 3 found, 4 expected");
  EXPECT_EQ(outer.kind(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace qbench
