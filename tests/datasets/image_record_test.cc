// Image records and lists, checked byte by byte.
#include "datasets/image_record.h"

#include <gmock/gmock.h>

#include <cstring>

#include "datasets/file.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
  const auto raw = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

std::vector<std::byte> header(std::uint32_t flag, float label, std::uint64_t id) {
  std::vector<std::byte> bytes;
  append(bytes, flag);
  append(bytes, label);
  append(bytes, id);
  append(bytes, std::uint64_t{0});
  return bytes;
}

TEST(ImageRecord, SingleLabelLiesInTheHeader) {
  std::vector<std::byte> expected = header(0, 42, 7);
  append(expected, 'x');
  const Sample sample{bytes_of("x"), {42}, 7};
  EXPECT_EQ(make_image_record(sample), expected);
  EXPECT_EQ(parse_image_record(expected), sample);
}

TEST(ImageRecord, LabelVectorFollowsTheHeader) {
  std::vector<std::byte> expected = header(3, 0, 9);
  for (const float label : {2.0F, 5.0F, -0.25F}) append(expected, label);
  append(expected, 'y');
  const Sample sample{bytes_of("y"), {2, 5, -0.25F}, 9};
  EXPECT_EQ(make_image_record(sample), expected);
  EXPECT_EQ(parse_image_record(expected), sample);
}

TEST(ImageRecord, VectorOfOneIsReadAsASingleLabel) {
  std::vector<std::byte> record = header(1, 99, 9);
  append(record, 5.0F);
  EXPECT_THAT(parse_image_record(record).label, ElementsAre(5));
}

TEST(ImageRecord, TooShort) {
  std::vector<std::byte> record = header(2, 0, 1);
  append(record, 1.0F);
  EXPECT_THAT(error_of([&] { parse_image_record(record); }),
              HasSubstr("announces 2 labels, but has 4 bytes"));
  record = header(0xFFFFFFFF, 0, 1);
  EXPECT_THAT(error_of([&] { parse_image_record(record); }),
              HasSubstr("announces 4294967295 labels"));
  record.resize(23);
  EXPECT_THAT(error_of([&] { parse_image_record(record); }),
              HasSubstr("of 23 bytes, expected a header of 24"));
  EXPECT_THAT(error_of([&] { make_image_record({}); }), HasSubstr("no label"));
}

TEST(List, RoundTrip) {
  const TestFolder folder;
  const std::vector<ListEntry> entries = {{0, {587}, "a b.jpg"},
                                          {18446744073709551615U, {2, 6, 0.783187F}, "d/c.png"}};
  write_list(folder.file("a.lst"), entries);
  EXPECT_EQ(read_text(folder.file("a.lst")),
            "0\t587\ta b.jpg\n18446744073709551615\t2\t6\t0.783187\td/c.png\n");
  EXPECT_EQ(read_list(folder.file("a.lst")), entries);
}

TEST(List, AcceptsWhatIm2recWrites) {
  const TestFolder folder;
  write_text(folder.file("a.lst"), "3\t1.000000\tx.jpg\r\n\n4\t5e-07\ty.jpg");
  EXPECT_EQ(read_list(folder.file("a.lst")),
            (std::vector<ListEntry>{{3, {1}, "x.jpg"}, {4, {5e-07F}, "y.jpg"}}));
}

TEST(List, DamagedLinesAreNamed) {
  struct Case {
    const char* text;
    const char* message;
  };
  const TestFolder folder;
  for (const Case& c : std::vector<Case>{{"0\t1\tx\n1 2 x\n", "line 2: 1 fields"},
                                         {"0\tx.jpg\n", "2 fields separated by tabs"},
                                         {"a\t1\tx\n", "found 'a', expected an id"},
                                         {"0\tcat\tx\n", "found 'cat', expected a label"},
                                         {"0\t1\t\n", "the path is empty"}}) {
    write_text(folder.file("a.lst"), c.text);
    EXPECT_THAT(error_of([&] { read_list(folder.file("a.lst")); }), HasSubstr(c.message)) << c.text;
  }
  const std::vector<ListEntry> tab{{0, {1}, "a\tb"}};
  EXPECT_THAT(error_of([&] { write_list(folder.file("b.lst"), tab); }), HasSubstr("holds a tab"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("b.lst")));
}

}  // namespace
}  // namespace qbench
