// Layouts of values and weights.
#include "engine/backends/cudnn/pack.h"

#include <gmock/gmock.h>

#include <numeric>

#include "engine/backends/cudnn/kernels/element.h"
#include "engine/backends/cudnn/layout.h"
#include "engine/core/error.h"

namespace qbench::cudnn {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TEST(Layout, PadsChannelsToSixteenBytes) {
  const Shape shape{2, 17, 3, 5};
  EXPECT_EQ(channels_last(shape, DType::s8).channels, 32);
  EXPECT_EQ(channels_last(shape, DType::f16).channels, 24);
  EXPECT_EQ(channels_last(shape, DType::f32).channels, 20);
  EXPECT_EQ(channels_last({1, 16, 1, 1}, DType::s8).channels, 16);
  EXPECT_THROW(channels_last({2, 17}, DType::s8), Error);
}

TEST(Layout, StridesAreByLogicalDimension) {
  EXPECT_THAT(strides_of(row_major({2, 17, 3, 5}, DType::f32)), ElementsAre(255, 15, 5, 1, 0, 0));
  EXPECT_THAT(strides_of(channels_last({2, 17, 3, 5}, DType::f32)),
              ElementsAre(300, 1, 100, 20, 0, 0));
  EXPECT_THROW(strides_of(row_major({1, 1, 1, 1, 1, 1, 1}, DType::f32)), Error);
}

TEST(Layout, SizesCountPadding) {
  EXPECT_EQ(bytes_of(row_major({2, 17, 3, 5}, DType::f32)), 2040U);
  EXPECT_EQ(bytes_of(channels_last({2, 17, 3, 5}, DType::s8)), 960U);
  EXPECT_EQ(bytes_of(row_major({}, DType::f32)), 4U);
}

Tensor counted(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  std::iota(values.begin(), values.end(), 1.0F);
  return Tensor::of<float>(shape, values);
}

std::vector<float> values_of(const Tensor& tensor) {
  std::vector<float> values;
  for (std::size_t i = 0; i < tensor.elements(); ++i)
    values.push_back(
        kernels::load(tensor.bytes().data(), tensor.dtype(), static_cast<std::int64_t>(i)));
  return values;
}

TEST(Pack, ChannelsLastWithZerosForWhatIsPadded) {
  const Tensor packed =
      pack_channels_last(counted({2, 2, 1, 2}), {.outputs = 3, .inputs = 4, .dtype = DType::f16});
  EXPECT_EQ(packed.dtype(), DType::f16);
  EXPECT_EQ(packed.shape(), (Shape{3, 1, 2, 4}));
  EXPECT_THAT(values_of(packed), ElementsAreArray({1, 3, 0, 0, 2, 4, 0, 0,  //
                                                   5, 7, 0, 0, 6, 8, 0, 0,  //
                                                   0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Pack, DepthwiseTapByTap) {
  const Tensor packed = pack_depthwise(counted({2, 1, 1, 3}), {.outputs = 4, .dtype = DType::f32});
  EXPECT_EQ(packed.shape(), (Shape{1, 3, 4}));
  EXPECT_THAT(values_of(packed), ElementsAreArray({1, 4, 0, 0, 2, 5, 0, 0, 3, 6, 0, 0}));
}

TEST(Pack, RowMajorChangesTheTypeAlone) {
  const Tensor packed = pack_row_major(counted({2, 2, 1, 1}), DType::f16);
  EXPECT_EQ(packed.size_bytes(), 8U);
  EXPECT_THAT(values_of(packed), ElementsAre(1, 2, 3, 4));
}

TEST(Pack, RefusesToRoundWeightsToIntegers) {
  EXPECT_THROW(pack_row_major(counted({2, 2, 1, 1}), DType::s8), Error);
}

}  // namespace
}  // namespace qbench::cudnn
