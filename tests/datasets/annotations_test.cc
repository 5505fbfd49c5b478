// Published detection sets: VOC, COCO and YOLO annotations become label vectors.
#include "datasets/annotations.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <utility>
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

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kXml = R"(<annotation>
  <filename>000005.jpg</filename>
  <size><width>400</width><height>300</height><depth>3</depth></size>
  <object>
    <name>chair</name>
    <difficult>0</difficult>
    <bndbox><xmin>100</xmin><ymin>211</ymin><xmax>324</xmax><ymax>273</ymax></bndbox>
    <part><name>leg</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
  </object>
  <object>
    <name>person</name>
    <difficult>1</difficult>
    <bndbox><xmin>5</xmin><ymin>244.5</ymin><xmax>67</xmax><ymax>300</ymax></bndbox>
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
             "<annotation><size><width>40</width><height>30</height></size></annotation>");
  write_text(folder.file("voc/Annotations/000009.xml"),
             "<annotation><size><width>40</width><height>30</height></size><object><name>aeroplane"
             "</name><bndbox><xmin>4</xmin><ymin>3</ymin><xmax>12</xmax><ymax>6</ymax></bndbox>"
             "</object></annotation>");
  write_text(folder.file("voc/ImageSets/Main/test.txt"), "000009  1\r\n000007\n\n000005 -1\n");
}

TEST(Voc, CornersAreFractions) {
  const TestFolder folder;
  write_voc(folder);
  const std::unique_ptr<Dataset> all = open_dataset(folder.file("voc"));
  ASSERT_EQ(all->size(), 3);
  // 100 / 400, 211 / 300, ...; chair is the ninth of the sorted names.
  EXPECT_THAT(all->read(0).label, ElementsAre(2, 6, 8, 0.25F, static_cast<float>(211. / 300), 0.81F,
                                              0.91F, 0, 14, 0.0125F, 0.815F, 0.1675F, 1, 1));
  EXPECT_THAT(all->read(1).label, ElementsAre(2, 6));  // nothing on it
  EXPECT_THAT(all->read(2).label, ElementsAre(2, 6, 0, 0.1F, 0.1F, 0.3F, 0.2F, 0));
  EXPECT_THAT(all->label_place(2), EndsWith("Annotations/000009.xml"));
  EXPECT_THAT(all->notices(),
              ElementsAre("1 image of another size than annotated, at the same ratio (boxes "
                          "scaled): JPEGImages/000005.jpg"));
  EXPECT_EQ(all->name(0), "JPEGImages/000005.jpg");
  EXPECT_EQ(all->class_names().size(), 20U);
  EXPECT_EQ(all->class_names().back(), "tvmonitor");

  const std::unique_ptr<Dataset> listed = open_dataset(folder.file("voc/ImageSets/Main/test.txt"));
  ASSERT_EQ(listed->size(), 3);
  EXPECT_EQ(listed->name(0), "JPEGImages/000009.jpg");
  EXPECT_EQ(listed->read(2).label, all->read(0).label);
}

TEST(Voc, ClassesAreThoseGiven) {
  const TestFolder folder;
  write_voc(folder);
  const std::string set = folder.file("voc");
  const std::unique_ptr<Dataset> own =
      open_dataset(set, {.classes = ClassMap({"person", "chair", "aeroplane"})});
  EXPECT_EQ(own->read(0).label[2], 1);
  EXPECT_EQ(own->read(2).label[2], 2);
  EXPECT_THAT(own->class_names(), ElementsAre("person", "chair", "aeroplane"));
  EXPECT_EQ(own->class_numbers(), ClassNumbers::given);
  const OpenOptions other{.classes = ClassMap({"person", "table", "aeroplane"})};
  EXPECT_THAT(error_of([&] { open_dataset(set, other); }),
              HasSubstr("line 5: class 'chair' is none of the class names given, which are 0 "
                        "person, 1 table"));
  EXPECT_NO_THROW(open_dataset(set, {.classes = other.classes, .labels = false}));
}

TEST(Voc, TakesTheImageAndItsSizeWhereTheFileDoesNotSay) {
  const TestFolder folder;
  write_voc(folder);
  std::filesystem::remove(folder.file("voc/JPEGImages/000009.jpg"));
  write_bytes(folder.file("voc/JPEGImages/000009.PNG"), encode_png(pattern_image(20, 80)));
  write_text(folder.file("voc/Annotations/000009.xml"),
             "<annotation><object><name>cat</name><bndbox><xmin>8</xmin><ymin>2</ymin><xmax>16"
             "</xmax><ymax>4</ymax></bndbox></object></annotation>");
  const std::unique_ptr<Dataset> set = open_dataset(folder.file("voc"));
  EXPECT_EQ(set->name(2), "JPEGImages/000009.PNG");
  EXPECT_THAT(set->read(2).label, ElementsAre(2, 6, 7, 0.1F, 0.1F, 0.2F, 0.2F, 0));
  // Of several images of the name, the one that is named.
  write_bytes(folder.file("voc/JPEGImages/000005.png"), encode_png(pattern_image(30, 40)));
  EXPECT_EQ(open_dataset(folder.file("voc"))->name(0), "JPEGImages/000005.jpg");
  write_bytes(folder.file("voc/JPEGImages/000007.png"), encode_png(pattern_image(30, 40)));
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("voc")); }),
              HasSubstr("000007.xml: has the images 000007."));
}

TEST(Voc, NamesInListsMayHaveBlanks) {
  const TestFolder folder;
  write_voc(folder);
  for (const char* name : {"my cat", "my cat 1"}) {
    const std::string stem = folder.file("voc/JPEGImages/") + name;
    write_bytes(stem + ".jpg", encode_jpeg(pattern_image(30, 40), 90));
    write_text(folder.file("voc/Annotations/") + name + ".xml", "<annotation/>");
  }
  const std::string list = folder.file("voc/ImageSets/Main/cats.txt");
  write_text(list, "my cat\nmy cat 1\nmy cat -1\nmy cat  0 \n000009 1\n");
  const std::unique_ptr<Dataset> set = open_dataset(list);
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < set->size(); ++i) names.push_back(set->name(i));
  EXPECT_THAT(names, ElementsAre("JPEGImages/my cat.jpg", "JPEGImages/my cat 1.jpg",
                                 "JPEGImages/my cat.jpg", "JPEGImages/my cat.jpg",
                                 "JPEGImages/000009.jpg"));
}

TEST(Voc, SizesOfAnotherRatioAreErrors) {
  const TestFolder folder;
  std::string xml = kXml;
  xml.replace(xml.find("<width>400"), 10, "<width>300");
  xml.replace(xml.find("<height>300"), 11, "<height>400");
  write_voc(folder, xml);
  const std::unique_ptr<Dataset> set = open_dataset(folder.file("voc"));
  EXPECT_THAT(error_of([&] { set->read(0); }),
              HasSubstr("000005.xml: annotated for an image of 300 x 400 pixels, but "
                        "JPEGImages/000005.jpg has 40 x 30"));
}

TEST(Voc, ErrorsNameFileAndLine) {
  const TestFolder folder;
  const auto error_with = [&](std::string_view from, std::string_view to) {
    std::string xml = kXml;
    xml.replace(xml.find(from), from.size(), to);
    write_voc(folder, xml);
    return error_of([&] { open_dataset(folder.file("voc")); });
  };
  EXPECT_THAT(
      error_with("chair", "throne"),
      HasSubstr("000005.xml: line 5: class 'throne', expected one of VOC's 20; --class-names"));
  EXPECT_THAT(error_with("<xmax>67", "<xmax>3"),
              HasSubstr("000005.xml: line 13: a box of -2 x 55.5, expected sides of 0 or more"));
  EXPECT_THAT(error_with("</annotation>", "</annotation><annotation/>"),
              HasSubstr("000005.xml: line 15: a second element 'annotation'"));
  EXPECT_THAT(error_with("<xmin>5<", "<xmin>far<"),
              HasSubstr("000005.xml: line 13: 'xmin' is 'far', expected a number"));
  EXPECT_THAT(error_with("<width>400", "<width>0"), HasSubstr("line 3: 'width' is 0"));
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
            {"id": 8, "file_name": "none.png"}],
 "annotations": [
  {"image_id": 7, "category_id": 1, "bbox": [20, 1, 40.5, 4], "iscrowd": 0,
   "segmentation": [[1, 2, 3, 4, 5, 6]]},
  {"image_id": 42, "category_id": 90, "bbox": [0, 3, 10, 6]},
  {"image_id": 42, "category_id": 1, "bbox": [0, 0, 40, 30], "iscrowd": 1},
  {"image_id": 7, "category_id": 90, "bbox": [40, 0, 40, 10], "iscrowd": 0}]}
)";

void write_coco(const TestFolder& folder, std::string_view json = kJson) {
  write_bytes(folder.file("coco/val2014/a.png"), encode_png(pattern_image(10, 80)));
  write_bytes(folder.file("coco/val2014/b.png"), encode_png(pattern_image(30, 40)));
  write_bytes(folder.file("coco/val2014/none.png"), encode_png(pattern_image(8, 8)));
  write_text(folder.file("coco/annotations/instances_val2014.json"), json);
}

TEST(Coco, ClassesByIdCrowdsAndImagesWithoutBoxesStay) {
  const TestFolder folder;
  write_coco(folder);
  const std::unique_ptr<Dataset> set =
      open_dataset(folder.file("coco/annotations/instances_val2014.json"));
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->name(0), "b.png");
  EXPECT_THAT(set->read(0).label, ElementsAre(2, 6, 1, 0, 0.1F, 0.25F, 0.3F, 0, 0, 0, 0, 1, 1, 2));
  EXPECT_THAT(set->read(1).label,
              ElementsAre(2, 6, 0, 0.25F, 0.1F, 0.75625F, 0.5F, 0, 1, 0.5F, 0, 1, 1, 0));
  EXPECT_THAT(set->read(2).label, ElementsAre(2, 6));
  EXPECT_THAT(set->class_names(), ElementsAre("person", "toothbrush"));
  EXPECT_EQ(set->class_numbers(), ClassNumbers::position);
  EXPECT_THAT(set->notices(), IsEmpty());
}

TEST(Coco, AFolderAsUnpackedIsOne) {
  const TestFolder folder;
  write_coco(folder);
  EXPECT_EQ(open_dataset(folder.file("coco"))->size(), 3);
  std::filesystem::create_directories(folder.file("coco/images"));
  std::filesystem::rename(folder.file("coco/val2014"), folder.file("coco/images/val2014"));
  EXPECT_EQ(open_dataset(folder.file("coco"))->size(), 3);
  write_text(folder.file("coco/annotations/captions_val2014.json"), "{}");
  EXPECT_EQ(open_dataset(folder.file("coco"))->size(), 3);
  write_text(folder.file("coco/annotations/instances_train2014.json"), kJson);
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("coco")); }),
              ContainsRegex("has 2 annotation files, choose one of: .*instances_train2014.json, "));
}

TEST(Coco, NamesDecideTheNumbersWhereTheyAreGiven) {
  const TestFolder folder;
  write_coco(folder);
  const auto first_class = [&](const std::vector<std::string>& names) {
    return open_dataset(folder.file("coco"), {.classes = ClassMap(names)})->read(0).label[2];
  };
  EXPECT_EQ(first_class({"toothbrush", "cup", "person"}), 0);
  EXPECT_EQ(first_class({"homme", "brosse"}), 1);  // other names for the same number of classes
  EXPECT_THAT(error_of([&] {
                first_class({"person", "cup"});
              }),
              HasSubstr("instances_val2014.json: class 'toothbrush' is none of the class names"));
  EXPECT_THAT(error_of([&] {
                first_class({"a", "b", "c"});
              }),
              HasSubstr("has 2 classes (0 person, 1 toothbrush), none of them among the 3"));
}

TEST(Coco, DoubtfulBoxesAreCounted) {
  const TestFolder folder;
  std::string json = kJson;
  json.replace(json.find("[0, 3, 10, 6]"), 13, "[0, 3, 0, 60]");
  write_coco(folder, json);
  EXPECT_THAT(open_dataset(folder.file("coco"))->notices(),
              ElementsAre("1 box reaches beyond its image; the first is annotations[1]",
                          "1 box has a side below one pixel; the first is annotations[1]"));
}

// Records carry crowds and images without objects, corners rounded as example/ssd does.
TEST(Coco, PackedRecordsHoldTheSame) {
  const TestFolder folder;
  write_coco(folder);
  pack(*open_dataset(folder.file("coco")), folder.file("out"), {.shuffle_seed = std::nullopt});
  const std::unique_ptr<Dataset> packed = open_dataset(folder.file("out.rec"));
  ASSERT_EQ(packed->size(), 3);
  EXPECT_TRUE(parse_detection_label(packed->read(0).label)[1].crowd);
  EXPECT_EQ(packed->read(1).label[5], 0.7563F);
  EXPECT_THAT(parse_detection_label(packed->read(2).label), IsEmpty());
  EXPECT_TRUE(verify_records(folder.file("out.rec")).ok());
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
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, 10, -6]"),
              HasSubstr("annotations[1]: a box of 10 x -6, expected sides of 0 or more"));
  EXPECT_THAT(error_with("\"id\": 90", "\"id\": 1"),
              HasSubstr("categories[1]: a second category 1"));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, \"x\", 6]"), HasSubstr("annotations[1]: "));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, true, 6]"),
              HasSubstr("annotations[1]: found boolean, expected a finite number"));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[0, 3, 1e300, 6]"),
              HasSubstr("annotations[1]: a box from 0, 3 to 1e+300, 9 in an image of 40 x 30"));
  EXPECT_THAT(error_with("[0, 3, 10, 6]", "[1e308, 3, 1e308, 6]"),
              HasSubstr("annotations[1]: a box from"));
  EXPECT_THAT(error_with("\"image_id\": 42", "\"image_id\": 42.5"),
              HasSubstr("annotations[1]: 'image_id' is 42.5, expected a whole number"));
  EXPECT_THAT(error_with("\"category_id\": 1,", "\"category_id\": true,"),
              HasSubstr("annotations[0]: 'category_id' is boolean, expected a whole number"));
  EXPECT_THAT(error_with("\"id\": 7,", "\"id\": 18446744073709551615,"),
              HasSubstr("images[1]: 'id' is 18446744073709551615, expected a whole number"));
  EXPECT_THAT(error_with("\"iscrowd\": 0", "\"iscrowd\": 0.5"),
              HasSubstr("'iscrowd' is 0.5, expected a whole number"));
  EXPECT_THAT(error_with("\"iscrowd\": 0", "\"iscrowd\": 2"),
              HasSubstr("'iscrowd' is 2, expected 0 or 1"));
  EXPECT_THAT(error_with("\"width\": 40", "\"width\": 0"), HasSubstr("images[0]: size 0 x 30"));
  EXPECT_THAT(error_with("\"id\": 7,", "\"id\": 42,"), HasSubstr("images[1]: a second image 42"));
  EXPECT_THAT(error_with("\"images\"", "\"pictures\""), HasSubstr("has no list 'images'"));
  EXPECT_THAT(error_with("\"a.png\"", "\"gone.png\""), HasSubstr("lists gone.png"));
  write_coco(folder);
  write_bytes(folder.file("coco/val2014/b.png"), encode_png(pattern_image(40, 30)));
  const std::unique_ptr<Dataset> turned = open_dataset(folder.file("coco"));
  EXPECT_THAT(
      error_of([&] { turned->read(0); }),
      HasSubstr("instances_val2014.json: image 42: annotated for an image of 40 x 30 pixels, "
                "but b.png has 30 x 40: width and height have changed places"));
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
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->name(2), "images/deep/c.png");
  EXPECT_THAT(set->read(0).label, ElementsAre(2, 6));
  EXPECT_THAT(set->notices(), ElementsAre("1 image has no label file and was taken as one without "
                                          "objects: images/b.png"));
  EXPECT_THAT(set->read(2).label,
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

TEST(Yolo, PixelsOutlinesAndClassesBeyondAreErrors) {
  const TestFolder folder;
  for (const auto& [line, message] :
       {std::pair{"1 12 5 7 8", "c.txt: line 1: '1 12 5 7 8': 12 is no fraction of the image"},
        {"1 0.5 0.5 -0.1 0.5", "'1 0.5 0.5 -0.1 0.5': -0.1 is no fraction"},
        {"1 0.1 0.1 0.2 0.1 0.2 0.2", "7 numbers are an outline of 3 points"},
        {"2 0.5 0.5 0.1 0.5",
         "c.txt: line 1: class 2, but the data set has 2 classes: 0 cat, 1 "}}) {
    write_yolo(folder, line);
    EXPECT_THAT(error_of([&] { open_dataset(folder.file("yolo")); }), HasSubstr(message));
  }
}

TEST(Yolo, DataYamlNamesTheClasses) {
  const TestFolder folder;
  write_yolo(folder, "1 0.5 0.5 0.25 0.5\n");
  write_text(folder.file("data.yaml"), "nc: 2\nnames:\n  1: ox\n  0: ant\n");
  EXPECT_THAT(open_dataset(folder.file("yolo"))->class_names(), ElementsAre("ant", "ox"));
  write_text(folder.file("yolo/data.yaml"), "names: [bee, cow]\n");
  EXPECT_THAT(open_dataset(folder.file("yolo"))->class_names(), ElementsAre("bee", "cow"));
  const std::unique_ptr<Dataset> named =
      open_dataset(folder.file("yolo"), {.classes = ClassMap({"cow", "bee"})});
  EXPECT_EQ(named->read(2).label[2], 0);
  write_text(folder.file("yolo/data.yaml"), "names: [bee, cow\n");
  EXPECT_THAT(error_of([&] { open_dataset(folder.file("yolo")); }), HasSubstr("data.yaml: "));
}

TEST(Annotations, PackedRecordsHoldTheLabelVector) {
  const TestFolder folder;
  write_voc(folder);
  const std::unique_ptr<Dataset> voc = open_dataset(folder.file("voc"));
  pack(*voc, folder.file("out"), {.shuffle_seed = std::nullopt});
  const std::unique_ptr<Dataset> packed = open_dataset(folder.file("out.rec"));
  ASSERT_EQ(packed->size(), 3);
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(packed->read(i).label, rounded_detection_label(voc->read(i).label));
  EXPECT_THAT(read_text(folder.file("out.lst")),
              HasSubstr("2\t2\t6\t0\t0.1\t0.1\t0.3\t0.2\t0\tJPEGImages/000009.jpg\n"));
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
  EXPECT_EQ(report.boxes, 0);
  EXPECT_EQ(report.boxes_without_area, 1);
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
        for (std::int64_t i = 0; i < set->size(); ++i) EXPECT_GE(set->read(i).label.size(), 2U);
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
