// Class names and numbers as users give them.
#include "datasets/class_map.h"

#include <gmock/gmock.h>

#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ClassMap, ListsAndPairs) {
  const ClassMap list({"cat", "dog"});
  EXPECT_EQ(list.find("dog"), 1);
  EXPECT_EQ(list.find("bird"), std::nullopt);
  EXPECT_NO_THROW(list.expect(2));
  EXPECT_THAT(error_of([&] { list.expect(3); }),
              HasSubstr("has 2 names, but the network has 3 classes"));
  const TestFolder folder;
  write_text(folder.file("names"), "one\r\ntwo\n\n");
  EXPECT_THAT(ClassMap({folder.file("names")}).names(), ElementsAre("one", "two"));
  write_text(folder.file("pairs"), "big cat 4\ncat 1\n");
  const ClassMap pairs({folder.file("pairs")});
  EXPECT_THAT(pairs.names(), ElementsAre("", "cat", "", "", "big cat"));
  EXPECT_EQ(pairs.find("big cat"), 4);
  EXPECT_NO_THROW(pairs.expect(1000));
  EXPECT_THAT(error_of([&] { pairs.expect(4); }), HasSubstr("give 'big cat' the number 4"));
  // Names that end in numbers, one of them twice without: a list.
  write_text(folder.file("lines"), "class 5\nclass 6\n");
  EXPECT_EQ(ClassMap({folder.file("lines")}).find("class 6"), 1);
  EXPECT_THAT(error_of([&] { ClassMap({folder.file("lines")}).find("class"); }),
              HasSubstr("class 'class' has several numbers, 0 and 1"));
  write_text(folder.file("empty"), "\n");
  EXPECT_THAT(error_of([&] { ClassMap({folder.file("empty")}); }), HasSubstr("holds no class"));
  EXPECT_THAT(error_of([] { ClassMap({"no/such.txt"}); }), HasSubstr("no/such.txt: is no file"));
  EXPECT_TRUE(ClassMap().empty());
}

}  // namespace
}  // namespace qbench
