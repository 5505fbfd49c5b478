// Which image shape a network is read at: the file's, the given one, or the usual one.
#include "engine/formats/input_shape.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using testing::Net;

struct Outcome {
  Shape shape;
  std::vector<std::string> notices;
};

Outcome outcome_of(std::vector<std::int64_t> dims, ImportOptions options) {
  Outcome outcome;
  options.notices = &outcome.notices;
  outcome.shape = image_input_shape(std::move(dims), options);
  return outcome;
}

const Shape kUsual{3, 224, 224};

TEST(InputShape, TheFilesIsTaken) {
  const Outcome known = outcome_of({1, 3, 32, 48}, {.image_shape = {}, .usual_shape = kUsual});
  EXPECT_EQ(known.shape, (Shape{1, 3, 32, 48}));
  EXPECT_THAT(known.notices, IsEmpty());
  EXPECT_EQ(outcome_of({8, 1, 28, 28}, {}).shape, (Shape{8, 1, 28, 28}));  // the batch, too
  EXPECT_EQ(outcome_of({-1, 1, 28, 28}, {}).shape, (Shape{1, 1, 28, 28}));
}

TEST(InputShape, AnotherOneIsTakenAloud) {
  const Outcome other = outcome_of({1, 3, 32, 32}, {.image_shape = kUsual, .usual_shape = kUsual});
  EXPECT_EQ(other.shape, (Shape{1, 3, 224, 224}));
  EXPECT_THAT(other.notices, ElementsAre("the file says image shape 3,32,32, 3,224,224 is taken "
                                         "as it was given"));
  for (const std::vector<std::int64_t>& dims : std::vector<std::vector<std::int64_t>>{
           {1, 3, 224, 224}, {0, 3, 0, 0}, {-1, -1, 224, -1}, {}})
    EXPECT_THAT(outcome_of(dims, {.image_shape = kUsual}).notices, IsEmpty());
}

TEST(InputShape, OtherChannelsThanTheFilesAreRefused) {
  EXPECT_THAT(
      message_of([] {
        outcome_of({1, 1, 28, 28}, {.image_shape = kUsual});
      }),
      HasSubstr("image shape 3,224,224 was given, the file says 1,28,28: expected 1 channel"));
  EXPECT_THAT(message_of([] {
                outcome_of({1, 3, 0, 0}, {.image_shape = Shape{1, 28, 28}});
              }),
              HasSubstr("the file says 3,?,?: expected 3 channels"));
}

TEST(InputShape, WhatIsOpenIsTheUsualOneAloud) {
  const Outcome partly = outcome_of({-1, 1, -1, 20}, {.image_shape = {}, .usual_shape = kUsual});
  EXPECT_EQ(partly.shape, (Shape{1, 1, 224, 20}));
  EXPECT_THAT(partly.notices, ElementsAre("the file leaves the image shape open (1,?,20), and none "
                                          "was given: 1,224,20 is taken"));
  const Outcome nothing = outcome_of({}, {.image_shape = {}, .usual_shape = Shape{3, 299, 299}});
  EXPECT_EQ(nothing.shape, (Shape{1, 3, 299, 299}));
  EXPECT_THAT(nothing.notices, ElementsAre("the file does not say the image shape, and none was "
                                           "given: 3,299,299 is taken"));
  EXPECT_THAT(message_of([] { outcome_of({1, 3, -1, -1}, {}); }), HasSubstr("one is needed"));
}

// MXNet's files often say nothing; the first layer's weights tell the channels.
TEST(InputShape, OfMxnetHasTheChannelsOfTheFirstLayer) {
  Net net;
  net.node("Convolution", "c", {{"kernel", "(3,3)"}, {"num_filter", "2"}, {"no_bias", "1"}},
           {net.variable("data"), net.parameter("w", {2, 1, 3, 3})});
  std::vector<std::string> notices;
  const Graph graph = net.import({.image_shape = {}, .usual_shape = kUsual, .notices = &notices});
  EXPECT_EQ(graph[graph.inputs()[0]].type.shape, (Shape{1, 1, 224, 224}));
  EXPECT_THAT(notices, ElementsAre(HasSubstr("(1,?,?)")));
  EXPECT_THAT(message_of([&] { net.import({.image_shape = kUsual}); }),
              HasSubstr("input 'data': image shape 3,224,224 was given, the file says 1,?,?"));
}

// Where the assumed shape does not fit, the error says that it was assumed.
TEST(InputShape, ThatWasAssumedIsNamedInTheError) {
  Net net;
  net.node("FullyConnected", "fc", {{"num_hidden", "2"}, {"no_bias", "1"}},
           {net.variable("data"), net.parameter("w", {2, 3 * 8 * 8})});
  net.symbol.heads = {{2, 0}};
  const testing::TemporaryFile symbol("-symbol.json");
  const testing::TemporaryFile params("-0000.params");
  std::ofstream symbol_out(symbol.path());
  write_symbol(symbol_out, net.symbol);
  symbol_out.close();
  std::ofstream params_out(params.path(), std::ios::binary);
  write_params(params_out, net.arrays);
  params_out.close();
  EXPECT_THAT(
      message_of([&] {
        import_model({symbol.path(), params.path()}, {.image_shape = {}, .usual_shape = kUsual});
      }),
      ::testing::AllOf(HasSubstr("has shape [2,192]"),
                       HasSubstr("(the file does not say the image shape")));
}

}  // namespace
}  // namespace qbench
