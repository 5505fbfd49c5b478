#include "engine/formats/attributes.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;

std::vector<std::int64_t> tuple(const std::string& text) {
  const SymbolAttributes values = {{"k", text}};
  return Attributes(values).tuple("k");
}

TEST(Attributes, TuplesInEverySpelling) {
  for (const char* text : {"(3, 5)", "(3,5)", "[3,5]", "(3L, 5L)", "( 3 ,5, )", "3,5"})
    EXPECT_THAT(tuple(text), ElementsAre(3, 5)) << text;
  for (const char* text : {"7", "(7,)", "[7]"}) EXPECT_THAT(tuple(text), ElementsAre(7)) << text;
  for (const char* text : {"()", "[]", "None", ""}) EXPECT_THAT(tuple(text), IsEmpty()) << text;
  EXPECT_THAT(tuple("(0, -1)"), ElementsAre(0, -1));
  for (const char* text :
       {"(a)", "(1, x)", "(1.5,)", "(99999999999999999999,)", "(1", "1)", "(,1)"}) {
    EXPECT_THAT(message_of([&] { tuple(text); }),
                HasSubstr("attribute 'k' is '" + std::string(text) + "', expected a tuple"));
  }
}

TEST(Attributes, ValuesAndTheirFallbacks) {
  const SymbolAttributes values = {{"t", "True"}, {"f", "false"}, {"one", "1"},   {"n", "None"},
                                   {"i", "-64"},  {"x", "1e-05"}, {"inf", "inf"}, {"bad", "oops"}};
  const Attributes a(values);
  EXPECT_TRUE(a.flag("t", false));
  EXPECT_FALSE(a.flag("f", true));
  EXPECT_TRUE(a.flag("one", false));
  EXPECT_TRUE(a.flag("n", true));
  EXPECT_FALSE(a.has("n"));
  EXPECT_EQ(a.integer("i", 0), -64);
  EXPECT_EQ(a.integer("missing", 5), 5);
  EXPECT_EQ(a.number("x", 0), 1e-5F);
  EXPECT_EQ(a.number("inf", 0), std::numeric_limits<float>::infinity());
  EXPECT_EQ(a.text("missing", "so"), "so");
  EXPECT_THAT(message_of([&] { a.flag("bad", true); }), HasSubstr("expected True or False"));
  EXPECT_THAT(message_of([&] { a.integer("bad", 1); }), HasSubstr("expected a whole number"));
  EXPECT_THAT(message_of([&] { a.number("bad", 1); }), HasSubstr("'bad' is 'oops'"));
  EXPECT_THAT(message_of([&] { a.number("missing", {}); }), HasSubstr("'missing' is missing"));
  EXPECT_THAT(message_of([&] {
                a.expect("bad", {"this", "that"});
              }),
              HasSubstr("supported: this, that"));
}

TEST(Attributes, WrittenNumbersReadBackTheSame) {
  for (float value : {0.1F, -0.0F, 1e-45F, 3.4028235e38F, 28.366196F, 1.0F / 3}) {
    const SymbolAttributes values = {{"k", number_text(value)}};
    EXPECT_EQ(Attributes(values).number("k", 99), value) << values.at("k");
  }
  EXPECT_EQ(tuple_text(std::vector<std::int64_t>{1, 3}), "(1, 3)");
  EXPECT_EQ(tuple_text(std::vector<std::int64_t>{1}), "(1,)");
}

}  // namespace
}  // namespace qbench
