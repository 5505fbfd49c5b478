// Published detection sets: VOC, COCO and YOLO annotations become label vectors.
#include "datasets/annotations.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "datasets/datasets.h"
#include "datasets/file.h"
#include "datasets/image_record.h"
#include "datasets/pack.h"
#include "datasets/random.h"
#include "datasets/verify.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kXml = R"(<annotation>
  <filename>000005.jpg</filename>
  <size><width>500</width><height>375</height><depth>3</depth></size>
  <object>
    <name>chair</name>
    <difficult>0</difficult>
    <bndbox><xmin>263</xmin><ymin>211</ymin><xmax>324</xmax><ymax>339</ymax></bndbox>
    <part><name>leg</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
  </object>
  <object>
    <name>person</name>
    <difficult>1</difficult>
    <bndbox><xmin>5</xmin><ymin>244.5</ymin><xmax>67</xmax><ymax>374</ymax></bndbox>
  </object>
</annotation>
)";

// Two annotated images and one without objects; the list names two.
void write_voc(const TestFolder& folder, std::string_view xml = kXml) {
  for (const char* name : {"000005", "000007", "000009"})
    write_bytes(folder.file(std::string("voc/JPEGImages/") + name + ".jpg"),
                encode_jpeg(pattern_image(30, 40), 90));
  write_text(folder.file("voc/Annotations/000005.xml"), xml);
  write_text(folder.file("voc/Annotations/000007.xml"),
             "<annotation><size><width>10</width><height>10</height></size></annotation>");
  write_text(folder.file("voc/Annotations/000009.xml"),
             "<annotation><size><width>10</width><height>20</height></size><object><name>aeroplane"
             "</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
             "</object></annotation>");
  write_text(folder.file("voc/ImageSets/Main/test.txt"), "000009  1\r\n000007\n\n000005 -1\n");
}

TEST(Voc, LabelsAreThoseOfExampleSsd) {
  const TestFolder folder;
  write_voc(folder);
  const std::unique_ptr<Dataset> all = open_dataset(folder.file("voc"));
  ASSERT_EQ(all->size(), 2);
  // 263 / 500, 211 / 375, ... with four decimals; chair is the ninth of the sorted names.
  EXPECT_THAT(all->read(0).label, ElementsAre(2, 6, 8, 0.526F, 0.5627F, 0.648F, 0.904F, 0, 14,
                                              0.01F, 0.652F, 0.134F, 0.9973F, 1));
  EXPECT_THAT(all->read(1).label, ElementsAre(2, 6, 0, 0.1F, 0.1F, 0.3F, 0.2F, 0));
  EXPECT_EQ(all->name(0), "JPEGImages/000005.jpg");
  EXPECT_EQ(all->class_names().size(), 20U);
  EXPECT_EQ(all->class_names().back(), "tvmonitor");

  const std::unique_ptr<Dataset> listed = open_dataset(folder.file("voc/ImageSets/Main/test.txt"));
  ASSERT_EQ(listed->size(), 2);
  EXPECT_EQ(listed->name(0), "JPEGImages/000009.jpg");
  EXPECT_EQ(listed->read(1).label, all->read(0).label);
}

TEST(Voc, ErrorsNameFileAndLine) {
  const TestFolder folder;
  const auto error_with = [&](std::string_view from, std::string_view to) {
    std::string xml = kXml;
    xml.replace(xml.find(from), from.size(), to);
    write_voc(folder, xml);
    return error_of([&] { open_dataset(folder.file("voc")); });
  };
  EXPECT_THAT(error_with("chair", "throne"), HasSubstr("000005.xml: line 5: class 'throne'"));
  EXPECT_THAT(error_with("<xmin>5<", "<xmin>far<"),
              HasSubstr("000005.xml: line 13: 'xmin' is 'far', expected a number"));
  EXPECT_THAT(error_with("<width>500", "<width>0"), HasSubstr("line 3: 'width' is 0"));
  EXPECT_THAT(error_with("</annotation>", ""), HasSubstr("000005.xml: line 1"));
  EXPECT_THAT(error_with("annotation>\n  <file", "list>\n  <file"), HasSubstr("000005.xml: line"));
  write_voc(folder);
  write_text(folder.file("voc/ImageSets/Main/test.txt"), "000009\n../x\n");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("voc/ImageSets/Main/test.txt")); }),
              HasSubstr("test.txt: line 2: '../x' is no image name"));
  write_text(folder.file("voc/ImageSets/Main/test.txt"), "000001\n");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("voc/ImageSets/Main/test.txt")); }),
              HasSubstr("000001.xml: cannot be read"));
}

constexpr const char* kJson = R"({"info": {"year": 2014},
 "categories": [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}],
 "images": [{"id": 42, "file_name": "b.png", "width": 40, "height": 30},
            {"id": 7, "file_name": "a.png", "width": 80, "height": 10},
            {"id": 8, "file_name": "none.png", "width": 8, "height": 8}],
 "annotations": [
  {"image_id": 7, "category_id": 1, "bbox": [20, 1, 40.5, 4], "iscrowd": 0,
   "segmentation": [[1, 2, 3, 4, 5, 6]]},
  {"image_id": 42, "category_id": 90, "bbox": [0, 3, 10, 6]},
  {"image_id": 42, "category_id": 1, "bbox": [0, 0, 40, 30], "iscrowd": 1},
  {"image_id": 7, "category_id": 90, "bbox": [40, 0, 40, 10], "iscrowd": 0}]}
)";

void write_coco(const TestFolder& folder, std::string_view json = kJson) {
  for (const char* name : {"coco/val2014/a.png", "coco/val2014/b.png"})
    write_bytes(folder.file(name), encode_png(pattern_image(30, 40)));
  write_text(folder.file("coco/annotations/instances_val2014.json"), json);
}

TEST(Coco, ClassesByIdCrowdsLeftOut) {
  const TestFolder folder;
  write_coco(folder);
  const std::unique_ptr<Dataset> set =
      open_dataset(folder.file("coco/annotations/instances_val2014.json"));
  ASSERT_EQ(set->size(), 2);
  EXPECT_EQ(set->name(0), "b.png");
  EXPECT_THAT(set->read(0).label, ElementsAre(2, 6, 1, 0, 0.1F, 0.25F, 0.3F, 0));
  EXPECT_THAT(set->read(1).label,
              ElementsAre(2, 6, 0, 0.25F, 0.1F, 0.7563F, 0.5F, 0, 1, 0.5F, 0, 1, 1, 0));
  EXPECT_THAT(set->class_names(), ElementsAre("person", "toothbrush"));
}

TEST(Coco, ErrorsNameTheElement) {
  const TestFolder folder;
  const auto error_with = [&](std::string_view from, std::string_view to) {
    std::string json = kJson;
    json.replace(json.find(from), from.size(), to);
    write_coco(folder, json);
    return error_of([&] { open_dataset(folder.file("coco/annotations/instances_val2014.json")); });
  };
  EXPECT_THAT(error_with("\"image_id\": 42", "\"image_id\": 43"),
              HasSubstr("instances_val2014.json: annotations[1]: no image 43"));
  EXPECT_THAT(error_with("\"category_id\": 1", "\"category_id\": 2"), HasSubstr("no category 2"));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, 10]"), HasSubstr("other than four"));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, \"x\", 6]"), HasSubstr("annotations[1]: "));
  EXPECT_THAT(error_with("\"width\": 40", "\"width\": 0"), HasSubstr("images[0]: size 0 x 30"));
  EXPECT_THAT(error_with("\"id\": 7,", "\"id\": 42,"), HasSubstr("images[1]: a second image 42"));
  EXPECT_THAT(error_with("\"images\"", "\"pictures\""), HasSubstr("has no list 'images'"));
  EXPECT_THAT(error_with("\"a.png\"", "\"gone.png\""), HasSubstr("lists gone.png"));
  EXPECT_THAT(error_with("90, \"name\"", "90 \"name\""), HasSubstr("line 2"));
}

void write_yolo(const TestFolder& folder, std::string_view text) {
  for (const char* name : {"yolo/images/a.png", "yolo/images/b.png", "yolo/images/deep/c.png"})
    write_bytes(folder.file(name), encode_png(pattern_image(30, 40)));
  write_text(folder.file("yolo/labels/a.txt"), "");
  write_text(folder.file("yolo/labels/deep/c.txt"), text);
  write_text(folder.file("yolo/classes.txt"), "cat\ndog\n");
}

TEST(Yolo, CentersBecomeCorners) {
  const TestFolder folder;
  write_yolo(folder, "1 0.5 0.5 0.25 0.5\r\n\n0 0.9 0.1 0.2 0.2\n");
  const std::unique_ptr<Dataset> set = open_dataset(folder.file("yolo"));
  ASSERT_EQ(set->size(), 1);
  EXPECT_EQ(set->name(0), "images/deep/c.png");
  EXPECT_THAT(set->read(0).label,
              ElementsAre(2, 6, 1, 0.375F, 0.25F, 0.625F, 0.75F, 0, 0, 0.8F, 0, 1, 0.2F, 0));
  EXPECT_THAT(set->class_names(), ElementsAre("cat", "dog"));
  for (const char* bad : {"1 0.5 0.5 0.25", "1 0.5 0.5 0.25 0.5 0.9", "x 0.5 0.5 0.25 0.5",
                          "1.5 0.5 0.5 0.25 0.5", "-1 0.5 0.5 0.25 0.5", "1 nan 0.5 0.25 0.5",
                          "1e9 0.5 0.5 0.25 0.5", "1 0.5 0.5 0.25 0.5x"}) {
    write_yolo(folder, std::string("0 0.5 0.5 0.1 0.1\n") + bad + "\n");
    EXPECT_THAT(error_of([&] { open_dataset(folder.file("yolo")); }),
                HasSubstr("c.txt: line 2: '" + std::string(bad) + "', expected class, center x"));
  }
}

TEST(Annotations, PackedRecordsHoldTheLabelVector) {
  const TestFolder folder;
  write_voc(folder);
  const std::unique_ptr<Dataset> voc = open_dataset(folder.file("voc"));
  pack(*voc, folder.file("out"), {.shuffle_seed = std::nullopt});
  const std::unique_ptr<Dataset> packed = open_dataset(folder.file("out.rec"));
  ASSERT_EQ(packed->size(), 2);
  for (std::int64_t i = 0; i < 2; ++i) EXPECT_EQ(packed->read(i).label, voc->read(i).label);
  EXPECT_THAT(read_text(folder.file("out.lst")),
              HasSubstr("1\t2\t6\t0\t0.1\t0.1\t0.3\t0.2\t0\tJPEGImages/000009.jpg\n"));
  const VerifyReport report = verify_records(folder.file("out.rec"));
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.boxes, 3);
  EXPECT_EQ(report.difficult, 1);
  EXPECT_EQ(report.max_class, 14);

  pack(*voc, folder.file("first"), {.pack_label = false, .shuffle_seed = std::nullopt});
  EXPECT_THAT(open_dataset(folder.file("first.rec"))->read(0).label, ElementsAre(2));
}

TEST(Annotations, VerifyFindsBadBoxes) {
  const TestFolder folder;
  write_bytes(folder.file("a.png"), encode_png(pattern_image(4, 4)));
  write_text(folder.file("a.lst"),
             "0\t2\t6\t1\t0.1\t0.1\t0.5\t1.2\t0\ta.png\n1\t2\t6\t-3\t0.1\t0.1\t0.5\t0.9\t0\ta.png\n"
             "2\t2\t6\t1\t0.1\t0.1\t0.5\t0.9\ta.png\n3\t2\t5\t1\t0.5\t0.1\t0.5\t0.9\ta.png\n");
  pack(*open_dataset(folder.file("a.lst")), folder.file("out"), {.shuffle_seed = std::nullopt});
  const VerifyReport report = verify_records(folder.file("out.rec"));
  ASSERT_EQ(report.problems.size(), 3U);
  EXPECT_THAT(report.problems[0].message, HasSubstr("expected fractions of the image"));
  EXPECT_THAT(report.problems[1].message, HasSubstr("class -3"));
  EXPECT_THAT(report.problems[2].message, HasSubstr("a label of 7 values"));
  EXPECT_EQ(report.boxes, 0);  // one without area
}

// Each damaged file is read or refused with an Error.
TEST(Annotations, Mutations) {
  const TestFolder folder;
  write_voc(folder);
  write_coco(folder);
  write_yolo(folder, "1 0.5 0.5 0.25 0.5\n");
  struct Case {
    const char* set;
    const char* file;
  };
  Random random(3);
  for (const Case& c :
       {Case{"voc", "voc/Annotations/000005.xml"},
        Case{"coco/annotations/instances_val2014.json", "coco/annotations/instances_val2014.json"},
        Case{"yolo", "yolo/labels/deep/c.txt"}}) {
    const std::vector<std::byte> bytes = read_file(folder.file(c.file));
    for (int round = 0; round < 400; ++round) {
      std::vector<std::byte> mutant = bytes;
      const auto at = [&] { return random.below(static_cast<std::uint32_t>(mutant.size())); };
      if (random.chance(0.2F)) mutant.resize(at());
      for (int i = 0; i < 3 && !mutant.empty(); ++i)
        mutant[at()] =
            random.chance(0.5F) ? bytes[at()] : static_cast<std::byte>(random.below(256));
      write_bytes(folder.file(c.file), mutant);
      try {
        const std::unique_ptr<Dataset> set = open_dataset(folder.file(c.set));
        for (std::int64_t i = 0; i < set->size(); ++i) EXPECT_GE(set->read(i).label.size(), 8U);
      } catch (const Error&) {
        continue;
      }
    }
    write_bytes(folder.file(c.file), bytes);
    EXPECT_NO_THROW(open_dataset(folder.file(c.set)));
  }
}

}  // namespace
}  // namespace qbench
