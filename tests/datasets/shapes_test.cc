// The drawn set: reproducible, balanced, its parts apart, and stored through the record path.
#include "datasets/shapes.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <set>

#include "datasets/canvas.h"
#include "datasets/datasets.h"
#include "datasets/detection_label.h"
#include "datasets/figures.h"
#include "datasets/file.h"
#include "datasets/random.h"
#include "datasets/record_dataset.h"
#include "engine/core/hash.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

// Pinned: the shipped networks were trained on these pixels.
TEST(Shapes, PixelsNeverChange) {
  for (const auto& [part, expected] :
       {std::pair{ShapesPart::val, "c5a3e69e97f66d6117f3ad0ce145ce31"},
        {ShapesPart::train, "f4b957acb044343a09ec4e5fcb210030"}}) {
    Hasher hasher;
    for (std::int64_t i = 0; i < 200; ++i) {
      const DrawnShape shape = draw_shape(part, 0, i);
      hasher.add(std::as_bytes(std::span(shape.image.pixels)));
      hasher.add(std::as_bytes(std::span(&shape.label, 1)));
    }
    EXPECT_EQ(hasher.hex(), expected);
  }
}

TEST(Shapes, ClassesAreBalanced) {
  std::array<int, 10> counts{};
  for (std::int64_t i = 0; i < 2000; ++i)
    ++counts.at(static_cast<std::size_t>(draw_shape(ShapesPart::val, 0, i).label));
  for (const int count : counts) {
    EXPECT_GT(count, 150);
    EXPECT_LT(count, 250);
  }
}

TEST(Shapes, PartsAndSeedsAreApart) {
  std::set<std::vector<std::uint8_t>> images;
  for (const ShapesPart part : {ShapesPart::val, ShapesPart::train}) {
    for (const std::uint64_t seed : {0, 1, 2}) {
      for (std::int64_t i = 0; i < 50; ++i) images.insert(draw_shape(part, seed, i).image.pixels);
    }
  }
  EXPECT_EQ(images.size(), 300U);
}

TEST(Shapes, Names) {
  struct Case {
    const char* text;
    const char* description;
  };
  for (const Case& c : {Case{"shapes", "shapes:val,count=2000,seed=0"},
                        Case{"shapes:val", "shapes:val,count=2000,seed=0"},
                        Case{"shapes:train", "shapes:train,count=20000,seed=0"},
                        Case{"shapes:count=7,train", "shapes:train,count=7,seed=0"},
                        Case{"shapes:train,plain,count=7", "shapes:train,plain,count=7,seed=0"},
                        Case{"shapes:seed=18446744073709551615,count=1",
                             "shapes:val,count=1,seed=18446744073709551615"}}) {
    const std::unique_ptr<Dataset> dataset = open_dataset(c.text);
    EXPECT_EQ(dataset->description(), c.description);
    EXPECT_EQ(open_dataset(dataset->description())->content_hash(), dataset->content_hash());
  }
  for (const char* text :
       {"shapes:", "shapes:test", "shapes:count=0", "shapes:count=-5", "shapes:count=1e3",
        "shapes:count=99999999999", "shapes:seed=", "shapes:val,,", "shapes:val,count=5x"}) {
    EXPECT_THAT(error_of([&] { open_dataset(text); }),
                HasSubstr("expected shapes[-det][:val|train][,plain]"))
        << text;
  }
  EXPECT_THROW(parse_shapes("circles"), Error);
}

TEST(Shapes, HashTellsSetsApart) {
  std::set<std::string> hashes;
  for (const char* text :
       {"shapes", "shapes:plain", "shapes:count=10", "shapes:seed=1", "shapes:train,count=2000"}) {
    hashes.insert(open_dataset(text)->content_hash());
  }
  EXPECT_EQ(hashes.size(), 5U);
}

TEST(Shapes, RecordsEqualWhatIsDrawn) {
  const TestFolder folder;
  make_shapes(folder.file("s.rec"), {.count = 6, .seed = 3}, 4);
  const std::unique_ptr<Dataset> records = open_record_dataset(folder.file("s.rec"));
  const std::unique_ptr<Dataset> drawn = open_shapes({.count = 10, .seed = 3});
  ASSERT_EQ(records->size(), 6);
  for (std::int64_t i = 0; i < 6; ++i) {
    const Sample sample = records->read(i);
    EXPECT_EQ(sample, drawn->read(i + 4));
    EXPECT_EQ(sample.id, static_cast<std::uint64_t>(i + 4));
    EXPECT_EQ(decode_image(sample.encoded), draw_shape(ShapesPart::val, 3, i + 4).image);
  }
  EXPECT_EQ(drawn->class_names().size(), 10U);
  EXPECT_THROW(drawn->read(10), Error);
  EXPECT_EQ(drawn->name(2), "sample 2");
}

// Pinned, as above.
TEST(ShapesDet, PixelsAndBoxesNeverChange) {
  for (const auto& [part, expected] :
       {std::pair{ShapesPart::val, "597ee0c281d36239c8649331d99c3897"},
        {ShapesPart::train, "b6537b808a1512565068310e84dc4647"}}) {
    Hasher hasher;
    for (std::int64_t i = 0; i < 50; ++i) {
      const DrawnScene scene = draw_scene(part, 0, i);
      hasher.add(std::as_bytes(std::span(scene.image.pixels)));
      const std::vector<float> label = make_detection_label(scene.boxes);
      hasher.add(std::as_bytes(std::span(label)));
    }
    EXPECT_EQ(hasher.hex(), expected);
  }
}

TEST(ShapesDet, BoxesAreUsableAndVaried) {
  std::array<int, kDetectionClasses> classes{};
  std::array<int, 5> boxes_in_image{};
  int boxes = 0;
  int difficult = 0;
  for (std::int64_t i = 0; i < 400; ++i) {
    const DrawnScene scene = draw_scene(ShapesPart::val, 0, i);
    ++boxes_in_image.at(scene.boxes.size());
    for (const GroundTruthBox& box : scene.boxes) {
      ++classes.at(static_cast<std::size_t>(box.label));
      ++boxes;
      difficult += box.difficult ? 1 : 0;
      EXPECT_GE(box.xmin, 0);
      EXPECT_GE(box.ymin, 0);
      EXPECT_LE(box.xmax, 1);
      EXPECT_LE(box.ymax, 1);
      EXPECT_GT(box.xmax - box.xmin, 0.07F);
      EXPECT_GT(box.ymax - box.ymin, 0.07F);
    }
    EXPECT_EQ(parse_detection_label(make_detection_label(scene.boxes)), scene.boxes);
  }
  EXPECT_EQ(boxes_in_image[0], 0);
  for (const int count : std::span(boxes_in_image).subspan(1)) EXPECT_NEAR(count, 100, 40);
  for (const int count : classes) EXPECT_NEAR(count, boxes / 8, 50);
  EXPECT_GT(difficult, boxes / 100);
  EXPECT_LT(difficult, boxes / 5);
}

// What a figure changes on a plain canvas is what its coverage, and so its box, says.
TEST(ShapesDet, CoverageIsWhereTheFigureIsDrawn) {
  Random random(5);
  for (const Figure& figure : kFigures) {
    Canvas canvas(128);
    const Pose pose = random_pose(random, 128, {11, 34});
    draw_figure(canvas, random, figure, pose, Color{}, {0.5F, 0.8F});
    for (int y = 0; y < 128; ++y) {
      for (int x = 0; x < 128; ++x) {
        EXPECT_EQ(canvas.at(x, y) != Color{}, figure_coverage(figure, pose, x, y) > 0);
      }
    }
  }
}

TEST(ShapesDet, OpensByName) {
  const std::unique_ptr<Dataset> val = open_dataset("shapes-det");
  EXPECT_EQ(val->description(), "shapes-det:val,count=500,seed=0");
  EXPECT_EQ(val->class_names().size(), kDetectionClasses);
  EXPECT_EQ(parse_detection_label(val->read(3).label), draw_scene(ShapesPart::val, 0, 3).boxes);
  EXPECT_EQ(open_dataset("shapes-det:train")->size(), 6000);
  EXPECT_NE(open_dataset("shapes-det:seed=1")->content_hash(), val->content_hash());
  for (const char* text : {"shapes-det:", "shapes-det:count=0", "shapes-detail", "shapes-det,val"})
    EXPECT_THROW(open_dataset(text), Error) << text;
}

TEST(Figures, OutlinesFitAndAreDistances) {
  for (const Figure& figure : kFigures) {
    int inside = 0;
    for (int y = -60; y <= 60; ++y) {
      for (int x = -60; x <= 60; ++x) {
        const Point p{static_cast<float>(x) / 50, static_cast<float>(y) / 50};
        const float d = figure.distance(p);
        inside += d < 0;
        // Moving by s changes the distance by at most s.
        EXPECT_LE(std::fabs(figure.distance({p.x + 0.02F, p.y}) - d), 0.0201F) << figure.name;
        if (d < 0) {
          EXPECT_LT(p.x * p.x + p.y * p.y, 1.16F) << figure.name;  // a square's corner
        }
      }
    }
    EXPECT_GT(inside, 1200) << figure.name;  // of 7854 in the unit circle
  }
}

TEST(Figures, DirectionIsCosineAndSine) {
  for (int i = -50; i <= 150; ++i) {
    const float turns = static_cast<float>(i) / 100;
    const double angle = 2 * std::numbers::pi * static_cast<double>(turns);
    EXPECT_NEAR(direction(turns).x, std::cos(angle), 1e-6) << turns;
    EXPECT_NEAR(direction(turns).y, std::sin(angle), 1e-6) << turns;
  }
}

TEST(Random, StaysInRangeWithTheRightMoments) {
  Random random(1);
  double sum = 0;
  double squares = 0;
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) {
    const double x = static_cast<double>(random.normal());
    sum += x;
    squares += x * x;
    EXPECT_LE(std::fabs(x), 3.47);
    ++counts.at(random.below(7));
    const float u = random.uniform(-2, 3);
    EXPECT_TRUE(u >= -2 && u < 3);
  }
  EXPECT_NEAR(sum / 70'000, 0, 0.02);
  EXPECT_NEAR(squares / 70'000, 1, 0.02);
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

// First outputs of splitmix64 for the seed 1234567, from its authors' reference code.
TEST(Random, IsSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.bits(), 6457827717110365317U);
  EXPECT_EQ(random.bits(), 3203168211198807973U);
}

}  // namespace
}  // namespace qbench
