// Real record files against what other programs found in them.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "datasets/datasets.h"
#include "datasets/file.h"
#include "datasets/image_record.h"
#include "datasets/pack.h"
#include "datasets/record_io.h"
#include "datasets/transform.h"
#include "datasets/verify.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;

std::string record_path(const std::string& name) {
  return real_data() + "/records/" + name + ".rec";
}

TEST(RealData, CountsAndLabels) {
  QBENCH_NEEDS_REAL_DATA();
  struct Case {
    const char* name;
    std::int64_t records;
    std::int64_t label_vectors;
    float max_label;
  };
  for (const Case& c : {Case{"imagenet_imagen", 750, 0, 999}, Case{"imagenette_val", 1963, 0, 701},
                        Case{"cifar10_test2000", 2000, 0, 9}, Case{"coco_val", 254, 254, 0}}) {
    std::int64_t vectors = 0;
    float max_label = 0;
    const std::vector<RecordInfo> records = list_records(record_path(c.name));
    const std::vector<ListEntry> list = read_list(real_data() + "/records/" + c.name + ".lst");
    ASSERT_EQ(std::ssize(records), c.records);
    ASSERT_EQ(list.size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].problem, "");
      EXPECT_EQ(records[i].id, list[i].id);
      ASSERT_EQ(records[i].label.size(), list[i].label.size());
      for (std::size_t k = 0; k < list[i].label.size(); ++k) {
        EXPECT_NEAR(records[i].label[k], list[i].label[k], 1e-6) << c.name << " " << i;
      }
      if (records[i].label.size() > 1) {
        ++vectors;
      } else {
        max_label = std::max(max_label, records[i].label.front());
      }
    }
    EXPECT_EQ(vectors, c.label_vectors);
    EXPECT_LE(max_label, c.max_label);
  }
}

// The index and a scan over the file find the same records.
TEST(RealData, IndexAgreesWithTheFile) {
  QBENCH_NEEDS_REAL_DATA();
  const TestFolder folder;
  for (const char* name : {"imagenet_imagen", "imagenette_val", "cifar10_test2000", "coco_val"}) {
    std::filesystem::create_symlink(record_path(name), folder.file(std::string(name) + ".rec"));
    const RecordReader indexed(record_path(name));
    const RecordReader scanned(folder.file(std::string(name) + ".rec"));
    EXPECT_TRUE(std::ranges::equal(indexed.offsets(), scanned.offsets())) << name;
  }
}

TEST(RealData, EveryCifarImageDecodes) {
  QBENCH_NEEDS_REAL_DATA();
  const VerifyReport report = verify_records(record_path("cifar10_test2000"), 2);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.jpeg, 2000);
  EXPECT_EQ(report.min_height, 32);
  EXPECT_EQ(report.max_width, 32);
  EXPECT_TRUE(report.repeated_ids.empty());
}

// A detection record of a different make: header width 4, object width 5.
TEST(RealData, LabelVectorOfFourHeaderValues) {
  QBENCH_NEEDS_REAL_DATA();
  const std::unique_ptr<Dataset> dataset = open_dataset(real_data() + "/formats/pythxn_val.rec");
  ASSERT_EQ(dataset->size(), 4);
  for (std::int64_t i = 0; i < 4; ++i) {
    const Sample sample = dataset->read(i);
    ASSERT_EQ(sample.label.size(), 19U);
    EXPECT_EQ(sample.label[0], 4);
    EXPECT_EQ(sample.label[1], 5);
    EXPECT_NO_THROW(decode_image(sample.encoded));
  }
}

// Its images and its list, packed again, give the file that im2rec wrote.
TEST(RealData, PacksTheBytesOfIm2rec) {
  QBENCH_NEEDS_REAL_DATA();
  const std::string original = real_data() + "/formats/pythxn_val";
  const std::unique_ptr<Dataset> dataset = open_dataset(original + ".rec");
  const TestFolder folder;
  const std::vector<ListEntry> list = read_list(original + ".lst");
  ASSERT_EQ(std::ssize(list), dataset->size());
  for (std::int64_t i = 0; i < dataset->size(); ++i) {
    write_bytes(folder.file(list[static_cast<std::size_t>(i)].path), dataset->read(i).encoded);
  }
  write_text(folder.file("val.lst"), read_text(original + ".lst"));
  pack(*open_dataset(folder.file("val.lst")), folder.file("out"),
       {.pass_through = true, .shuffle_seed = std::nullopt});
  EXPECT_EQ(read_file(folder.file("out.rec")), read_file(original + ".rec"));
  EXPECT_EQ(read_text(folder.file("out.idx")), read_text(original + ".idx"));
}

// Sums of the R, G and B pixels of the first crops, as OpenCV decodes, resizes and crops them; this
// includes the branch that enlarges 224 pixels to 227.
TEST(RealData, CropsEqualOpenCv) {
  QBENCH_NEEDS_REAL_DATA();
  int crops = 0;
  for (const char* model : {"squeezenet1.0", "mobilenet1.0", "mobilenet0.25", "resnet20_cifar10"}) {
    const auto reference =
        nlohmann::json::parse(read_text(real_data() + "/reference/" + model + ".json"));
    for (const auto& entry : reference.at("records")) {
      const std::unique_ptr<Dataset> dataset = open_dataset(record_path(entry.at("record")));
      const Preprocess preprocess{.height = entry.at("data_shape").at(1),
                                  .width = entry.at("data_shape").at(2)};
      std::int64_t index = 0;
      for (const auto& expected : entry.at("crop_pixel_sums_rgb_first3")) {
        const Image image = crop_pixels(dataset->read(index).encoded, preprocess);
        std::array<std::int64_t, 3> sums{};
        for (std::size_t i = 0; i < image.pixels.size(); ++i) sums[i % 3] += image.pixels[i];
        EXPECT_THAT(sums, ElementsAre(expected.at(0).get<std::int64_t>(),
                                      expected.at(1).get<std::int64_t>(),
                                      expected.at(2).get<std::int64_t>()))
            << model << " " << entry.at("record") << " " << index;
        ++index;
        ++crops;
      }
    }
  }
  EXPECT_GE(crops, 24);
}

}  // namespace
}  // namespace qbench
