// Packing, listing and verifying record files.
#include "datasets/pack.h"

#include <gmock/gmock.h>

#include <set>

#include "datasets/datasets.h"
#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "datasets/resize.h"
#include "datasets/verify.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two classes of three images each.
std::unique_ptr<Dataset> image_folder(const TestFolder& folder) {
  for (int i = 0; i < 6; ++i) {
    write_bytes(
        folder.file(std::string("images/") + (i < 3 ? "a/" : "b/") + std::to_string(i) + ".png"),
        encode_png(pattern_image(40 + i, 60)));
  }
  return open_dataset(folder.file("images"));
}

TEST(Pack, WritesRecordsIndexAndList) {
  const TestFolder folder;
  const std::unique_ptr<Dataset> images = image_folder(folder);
  EXPECT_EQ(pack(*images, folder.file("out"), {.resize_short = 20}).records, 6);
  const std::unique_ptr<Dataset> packed = open_dataset(folder.file("out.rec"));
  const std::vector<ListEntry> list = read_list(folder.file("out.lst"));
  ASSERT_EQ(packed->size(), 6);
  ASSERT_EQ(list.size(), 6U);
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Sample sample = packed->read(static_cast<std::int64_t>(i));
    EXPECT_EQ(sample.id, list[i].id);
    EXPECT_EQ(sample.label, list[i].label);
    const auto original = static_cast<std::int64_t>(list[i].id);
    EXPECT_EQ(list[i].path, images->name(original));
    EXPECT_EQ(sample.encoded,
              encode_jpeg(resize_short_side(decode_image(images->read(original).encoded), 20), 95));
    names.insert(list[i].path);
  }
  EXPECT_EQ(names.size(), 6U);
}

TEST(Pack, ShufflesUnlessToldNotTo) {
  const TestFolder folder;
  const std::unique_ptr<Dataset> images = image_folder(folder);
  const auto ids = [&](const PackOptions& options) {
    pack(*images, folder.file("out"), options);
    std::vector<std::uint64_t> result;
    for (const ListEntry& entry : read_list(folder.file("out.lst"))) result.push_back(entry.id);
    return result;
  };
  EXPECT_THAT(ids({.shuffle_seed = std::nullopt}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(ids({}), ::testing::Not(ElementsAre(0, 1, 2, 3, 4, 5)));
  EXPECT_EQ(ids({}), ids({.shuffle_seed = 100}));
  EXPECT_NE(ids({}), ids({.shuffle_seed = 101}));
}

TEST(Pack, PassThroughKeepsTheBytes) {
  const TestFolder folder;
  const std::unique_ptr<Dataset> images = image_folder(folder);
  pack(*images, folder.file("out"), {.pass_through = true, .shuffle_seed = std::nullopt});
  const std::unique_ptr<Dataset> packed = open_dataset(folder.file("out.rec"));
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_EQ(packed->read(i), images->read(i));
}

TEST(Pack, BadImageIsNamedAndNothingIsLeft) {
  const TestFolder folder;
  image_folder(folder);
  write_text(folder.file("images/b/9.jpg"), "no image");
  const std::unique_ptr<Dataset> images = open_dataset(folder.file("images"));
  for (const bool pass_through : {false, true}) {
    EXPECT_THAT(
        error_of([&] { pack(*images, folder.file("out"), {.pass_through = pass_through}); }),
        HasSubstr("images: b/9.jpg: 8 bytes that are no image"));
    EXPECT_EQ(folder.files(), 1U);
  }
  EXPECT_THAT(error_of([&] {
                pack(*images, folder.file("out"), {.resize_short = 9, .pass_through = true});
              }),
              HasSubstr("to be kept as they are"));
}

TEST(Pack, FullDiskLeavesNothing) {
  const TestFolder folder;
  const std::unique_ptr<Dataset> images = image_folder(folder);
  std::filesystem::create_symlink("/dev/full", folder.file("out.rec"));
  EXPECT_THAT(error_of([&] { pack(*images, folder.file("out"), {}); }), HasSubstr("No space left"));
  EXPECT_EQ(folder.files(), 2U);  // the link and the images
}

// Five records: a PNG, a JPEG, a label vector, an undecodable image, a payload too short for one.
std::string mixed_records(const TestFolder& folder) {
  const std::string path = folder.file("mixed.rec");
  std::vector<std::byte> cut = encode_png(pattern_image(30, 40));
  cut.resize(cut.size() / 2);
  RecordWriter writer(path);
  writer.write(0, make_image_record({encode_png(pattern_image(10, 20)), {7}, 5}));
  writer.write(1, make_image_record({encode_jpeg(pattern_image(12, 16), 90), {3}, 5}));
  writer.write(2, make_image_record({encode_png(pattern_image(11, 21)), {1, 5, 0}, 6}));
  writer.write(3, make_image_record({cut, {9}, 7}));
  writer.write(4, bytes_of("short"));
  writer.finish();
  return path;
}

TEST(Verify, CountsAndFindsWhatIsWrong) {
  const TestFolder folder;
  const std::string path = mixed_records(folder);
  for (const int threads : {1, 3}) {
    const VerifyReport report = verify_records(path, threads);
    EXPECT_EQ(report.records, 5);
    EXPECT_EQ(report.png, 2);
    EXPECT_EQ(report.jpeg, 1);
    EXPECT_EQ(report.label_vectors, 1);
    EXPECT_EQ(report.min_label, 3);
    EXPECT_EQ(report.max_label, 7);
    EXPECT_EQ(report.min_height, 10);
    EXPECT_EQ(report.max_height, 12);
    EXPECT_EQ(report.min_width, 16);
    EXPECT_EQ(report.max_width, 21);
    EXPECT_THAT(report.repeated_ids, ElementsAre(5));
    EXPECT_FALSE(report.ok());
    ASSERT_EQ(report.problems.size(), 2U);
    EXPECT_EQ(report.problems[0].index, 3);
    EXPECT_THAT(report.problems[0].message, HasSubstr("PNG image"));
    EXPECT_EQ(report.problems[1].index, 4);
    EXPECT_THAT(report.problems[1].message, HasSubstr("image record of 5 bytes"));
  }
}

TEST(ListRecords, TellsWhatEachRecordHolds) {
  const TestFolder folder;
  const std::string path = mixed_records(folder);
  const std::vector<RecordInfo> records = list_records(path);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].format, "PNG");
  EXPECT_EQ(records[1].format, "JPEG");
  EXPECT_EQ(records[1].id, 5U);
  EXPECT_EQ(records[1].height, 12);
  EXPECT_THAT(records[2].label, ElementsAre(1, 5, 0));
  EXPECT_EQ(records[3].width, 40);  // nothing is decoded
  EXPECT_THAT(records[4].problem, HasSubstr("of 5 bytes"));
  EXPECT_EQ(records[0].offset, 0U);
  EXPECT_LT(records[3].offset, records[4].offset);

  const std::vector<RecordInfo> some = list_records(path, 1, 2);
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].index, 1);
  EXPECT_EQ(list_records(path, 4, 100).size(), 1U);
  EXPECT_THAT(error_of([&] { list_records(path, 6); }), HasSubstr("first record 6 of 5"));
}

}  // namespace
}  // namespace qbench
