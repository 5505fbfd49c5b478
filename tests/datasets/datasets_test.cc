// Opening data sets by path or name: the list of kinds, record files, folders, lists.
#include "datasets/datasets.h"

#include <gmock/gmock.h>

#include <set>

#include "datasets/image_folder.h"
#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "engine/core/hash.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Datasets, EveryKindHasItsOwnName) {
  std::set<std::string_view> names;
  for (const DatasetKind& kind : dataset_kinds()) {
    names.insert(kind.name);
    EXPECT_FALSE(kind.syntax.empty());
    EXPECT_FALSE(kind.description.empty());
  }
  EXPECT_EQ(names.size(), dataset_kinds().size());
}

TEST(Datasets, UnknownTextIsAnsweredWithTheKinds) {
  EXPECT_THAT(error_of([] { open_dataset("no/such/folder"); }),
              HasSubstr("'no/such/folder' is no data set, or does not exist; expected shapes"));
  EXPECT_THROW(open_dataset(std::string(5000, 'a')), Error);  // longer than a path may be
  EXPECT_THAT(error_of([] { open_dataset("none.rec"); }), HasSubstr("none.rec: cannot be read"));
  EXPECT_THAT(error_of([] { open_dataset("none.lst"); }), HasSubstr("none.lst: cannot be read"));
}

TEST(RecordDataset, ReadsInFileOrder) {
  const TestFolder folder;
  const std::string path = folder.file("a.rec");
  RecordWriter writer(path);
  const std::vector<Sample> samples = {{bytes_of("one"), {3}, 70}, {bytes_of("two"), {4}, 60}};
  for (const Sample& sample : samples) writer.write(sample.id, make_image_record(sample));
  writer.write(2, bytes_of("too short"));
  writer.finish();

  const std::unique_ptr<Dataset> dataset = open_dataset(path);
  EXPECT_EQ(dataset->size(), 3);
  EXPECT_EQ(dataset->read(0), samples[0]);
  EXPECT_EQ(dataset->read(1), samples[1]);
  EXPECT_EQ(dataset->name(1), "record 1 at byte 36");
  EXPECT_EQ(dataset->description(), path);
  EXPECT_EQ(dataset->content_hash(), hash_file(path));
  EXPECT_THAT(dataset->shuffle_windows(), ElementsAre(3));
  EXPECT_THAT(error_of([&] { dataset->read(2); }),
              HasSubstr("a.rec: record 2 at byte 72: image record of 9 bytes"));
  EXPECT_THROW(dataset->read(3), Error);
  EXPECT_THROW(dataset->name(-1), Error);
}

TEST(RecordDataset, EmptyFileIsAnError) {
  const TestFolder folder;
  write_text(folder.file("a.rec"), "");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("a.rec")); }),
              HasSubstr("a.rec: holds no records"));
}

TEST(ImageFolder, SortedSubfoldersAreClasses) {
  const TestFolder folder;
  for (const char* file : {"zebra/2.png", "zebra/1.JPG", "ant/b/deep.jpeg", "ant/a.jpg",
                           "ant/notes.txt", "stray.jpg"}) {
    write_text(folder.file(file), file);
  }
  // What has no images, or is hidden, is no class.
  std::filesystem::create_directories(folder.file("mouse/deep"));
  write_text(folder.file(".ipynb_checkpoints/a.jpg"), "hidden");
  write_text(folder.file("ant/._a.jpg"), "hidden");
  const std::unique_ptr<Dataset> dataset = open_dataset(folder.file(""));
  EXPECT_THAT(dataset->class_names(), ElementsAre("ant", "zebra"));
  EXPECT_EQ(dataset->class_numbers(), ClassNumbers::position);
  EXPECT_TRUE(dataset->lies_by_class());
  EXPECT_THAT(dataset->notices(),
              ElementsAre(HasSubstr("1 file was left out: ant/notes.txt"),
                          HasSubstr("1 image beside the class folders was left out: stray.jpg")));
  ASSERT_EQ(dataset->size(), 4);
  std::vector<std::string> names;
  std::vector<float> labels;
  for (std::int64_t i = 0; i < 4; ++i) {
    names.push_back(dataset->name(i));
    const Sample sample = dataset->read(i);
    labels.push_back(sample.label.front());
    EXPECT_EQ(sample.encoded, bytes_of(names.back()));
    EXPECT_EQ(sample.id, static_cast<std::uint64_t>(i));
  }
  EXPECT_THAT(names, ElementsAre("ant/a.jpg", "ant/b/deep.jpeg", "zebra/1.JPG", "zebra/2.png"));
  EXPECT_THAT(labels, ElementsAre(0, 0, 1, 1));
}

std::vector<std::string> class_names_of(const std::vector<std::string>& folders) {
  const TestFolder folder;
  for (const std::string& name : folders) write_text(folder.file(name + "/a.jpg"), name);
  return open_dataset(folder.file(""))->class_names();
}

TEST(ImageFolder, NumbersAreSortedAsNumbersWhenAllNamesAre) {
  EXPECT_THAT(class_names_of({"10", "9", "100", "0", "2"}),
              ElementsAre("0", "2", "9", "10", "100"));
  EXPECT_THAT(class_names_of({"10", "02", "2", "1"}), ElementsAre("1", "02", "2", "10"));
  EXPECT_THAT(class_names_of({"10", "9", "x"}), ElementsAre("10", "9", "x"));
}

// The network's order decides, whatever the folders are and however many.
TEST(ImageFolder, AMapNumbersTheFolders) {
  const TestFolder folder;
  write_text(folder.file("set/n02/a.jpg"), "a");
  write_text(folder.file("set/n01/b.jpg"), "b");
  write_text(folder.file("synset.txt"), "n00 tench, Tinca tinca\nn02 a\n\nn03 b\nn01 c d\n");
  write_text(folder.file("pairs.txt"), "n01 3\r\nn02\t1\n");
  for (const ClassMap& map :
       {ClassMap({folder.file("synset.txt")}), ClassMap({folder.file("pairs.txt")}),
        ClassMap({"n00", "n02", "n03", "n01"})}) {
    const std::unique_ptr<Dataset> set = open_dataset(folder.file("set"), {.classes = map});
    EXPECT_EQ(set->name(0), "n01/b.jpg");
    EXPECT_THAT(set->read(0).label, ElementsAre(3));
    EXPECT_THAT(set->read(1).label, ElementsAre(1));
    EXPECT_EQ(set->class_names().size(), 4U);
    EXPECT_EQ(set->class_numbers(), ClassNumbers::given);
  }
  EXPECT_THAT(
      error_of([&] {
        open_dataset(folder.file("set"), {.classes = ClassMap({"n01", "x"})});
      }),
      HasSubstr("set/n02: the folder is none of the class names given, which are 0 n01, 1 x"));
  EXPECT_NO_THROW(
      open_dataset(folder.file("set"), {.classes = ClassMap({"n01", "x"}), .labels = false}));
}

TEST(ImageFolder, LinksAreFollowedUnlessTheyLeadNowhereOrBack) {
  const TestFolder folder;
  write_text(folder.file("set/a/1.jpg"), "1");
  write_text(folder.file("far/deep/2.jpg"), "2");
  std::filesystem::create_directory_symlink(folder.file("far"), folder.file("set/a/link"));
  EXPECT_EQ(open_dataset(folder.file("set"))->size(), 2);
  std::filesystem::create_directory_symlink(folder.file("set"), folder.file("set/a/back"));
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("set")); }),
              HasSubstr("is a link that leads back to a folder it lies in"));
  std::filesystem::remove(folder.file("set/a/back"));
  for (const char* target : {"nowhere", "self"}) {
    std::filesystem::create_symlink(target, folder.file("set/a/self"));
    EXPECT_THAT(error_of([&] { open_dataset(folder.file("set")); }),
                HasSubstr("set/a/self: is a link to nothing"));
    std::filesystem::remove(folder.file("set/a/self"));
  }
}

TEST(ImageFolder, DataSetsInFoldersAreNoClasses) {
  const TestFolder folder;
  write_text(folder.file("parts/train/cat/a.jpg"), "a");
  write_text(folder.file("parts/val/cat/b.jpg"), "b");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("parts")); }),
              HasSubstr("parts: holds data sets, not classes; choose one of: "));
  write_text(folder.file("kit/VOC2007/JPEGImages/a.jpg"), "a");
  write_text(folder.file("kit/VOC2007/Annotations/a.xml"), "");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("kit")); }), HasSubstr("kit/VOC2007"));
}

TEST(ImageFolder, ListGivesOrderAndLabels) {
  const TestFolder folder;
  write_text(folder.file("x.jpg"), "x");
  write_text(folder.file("y.jpg"), "y");
  write_text(folder.file("a.lst"), "5\t7\ty.jpg\n6\t2\t5\tx.jpg\n");
  for (const std::string& path :
       {folder.file("a.lst"), folder.file("")}) {  // the folder's only list
    const std::unique_ptr<Dataset> dataset = open_dataset(path);
    ASSERT_EQ(dataset->size(), 2);
    EXPECT_EQ(dataset->read(0), (Sample{bytes_of("y"), {7}, 5}));
    EXPECT_EQ(dataset->read(1), (Sample{bytes_of("x"), {2, 5}, 6}));
    EXPECT_TRUE(dataset->class_names().empty());
  }
}

TEST(ImageFolder, HashFollowsContentLabelAndName) {
  std::set<std::string> hashes;
  for (const auto& [name, content, list] : {std::tuple{"x.jpg", "x", "0\t1\tx.jpg\n"},
                                            {"x.jpg", "X", "0\t1\tx.jpg\n"},
                                            {"x.jpg", "x", "0\t2\tx.jpg\n"},
                                            {"y.jpg", "x", "0\t1\ty.jpg\n"}}) {
    const TestFolder folder;
    write_text(folder.file(name), content);
    write_text(folder.file("a.lst"), list);
    hashes.insert(open_dataset(folder.file("a.lst"))->content_hash());
  }
  EXPECT_EQ(hashes.size(), 4U);
}

TEST(ImageFolder, WhatIsMissingIsNamed) {
  const TestFolder folder;
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("")); }),
              HasSubstr("no class subfolders with images (.jpg, .jpeg, .jpe, "));
  write_text(folder.file("a.lst"), "0\t1\tgone.jpg\n");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("")); }),
              HasSubstr("a.lst: lists gone.jpg, which is no file in"));
  write_text(folder.file("b.lst"), "\n");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("b.lst")); }),
              HasSubstr("b.lst: lists no images"));
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("")); }), HasSubstr("2 .lst files"));
  write_text(folder.file("class/a.gif"), "gif");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("")); }),
              HasSubstr("1 file was left out: class/a.gif"));
  EXPECT_THAT(error_of([&] { open_image_folder(folder.file("none")); }),
              HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace qbench
