// What labels are refused, and what a user is told of them.
#include "harness/accuracy/truth.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Named : Dataset {
  std::vector<std::string> names{};
  ClassNumbers numbers = ClassNumbers::stored;

  std::int64_t size() const override { return 100; }
  Sample read(std::int64_t) const override { return {}; }
  std::string name(std::int64_t index) const override { return "image" + std::to_string(index); }
  std::string description() const override { return "set"; }
  std::string content_hash() const override { return {}; }
  std::vector<std::string> class_names() const override { return names; }
  ClassNumbers class_numbers() const override { return numbers; }
};

Batch labelled(int label) {
  Batch batch;
  batch.labels = {label};
  batch.label_vectors = {{static_cast<float>(label)}};
  batch.indices = {4};
  return batch;
}

Batch boxed(const std::vector<GroundTruthBox>& boxes) {
  Batch batch = labelled(-1);
  batch.label_vectors = {make_detection_label(boxes)};
  return batch;
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

constexpr OutputForm kSevenOutputs{Task::classification, 7, 7};
constexpr OutputForm kThreeClasses{Task::detection, 6, 3};

TEST(TruthReader, LabelsTheNetworkDoesNotHaveAreErrors) {
  const Named data;
  TruthReader truth(data, kSevenOutputs, {});
  EXPECT_EQ(truth.label(labelled(6), 0), 6);
  EXPECT_EQ(error_of([&] { truth.label(labelled(7), 0); }),
            "set: image4: label 7, but the network has 7 outputs: 0 to 6");
  EXPECT_THAT(truth.notices(), IsEmpty());
  EXPECT_EQ(truth.mistrust(), "");
}

TEST(TruthReader, FoldersBeyondTheOutputsAreScoredButMistrusted) {
  Named data;
  data.names = {"a", "b", "c", "d", "e", "f", "g", "h"};
  data.numbers = ClassNumbers::position;
  TruthReader truth(data, kSevenOutputs, {});
  truth.label(labelled(0), 0);
  EXPECT_EQ(truth.mistrust(), "");
  EXPECT_EQ(truth.label(labelled(7), 0), 7);
  EXPECT_EQ(truth.mistrust(),
            "1 of 2 images are of folders beyond the network's 7 outputs, from image4 on");
}

TEST(TruthReader, NumbersOfClassesThatDifferAreSaidWithTheNames) {
  Named data;
  data.names = {"@eaDir", "ant", "bee", "cow"};
  data.numbers = ClassNumbers::position;
  EXPECT_THAT(TruthReader(data, kSevenOutputs, {}).notices(),
              ElementsAre(HasSubstr("has 4 classes, the network 7; they are numbered in order: 0 "
                                    "@eaDir, 1 ant, 2 bee, 3 cow; --class-names")));
  data.numbers = ClassNumbers::given;
  EXPECT_THAT(TruthReader(data, kSevenOutputs, {}).notices(), IsEmpty());
  data.numbers = ClassNumbers::position;
  EXPECT_THAT(TruthReader(data, {Task::classification, 4, 4}, {}).notices(), IsEmpty());
}

TEST(TruthReader, BoxesOfOtherClassesAreErrorsUnlessClassesAreChosen) {
  const Named data;
  const std::vector<GroundTruthBox> boxes = {{.label = 2, .xmax = 1, .ymax = 1},
                                             {.label = 3, .xmax = 1, .ymax = 1}};
  TruthReader truth(data, kThreeClasses, {});
  EXPECT_EQ(error_of([&] { truth.boxes(boxed(boxes), 0); }),
            "set: image4: object 2 is of class 3, but the network has 3 classes: 0 to 2");
  TruthReader chosen(data, kThreeClasses, {.network_classes = {0}, .label_classes = {2}});
  EXPECT_EQ(chosen.boxes(boxed(boxes), 0).size(), 2U);
  EXPECT_THAT(error_of([&] { TruthReader(data, kThreeClasses, {.network_classes = {3}}); }),
              HasSubstr("class 3 to score, but the network has 3 classes"));
}

TEST(TruthReader, SaysWhatBoxesCannotBeFound) {
  const Named data;
  TruthReader truth(data, kThreeClasses, {});
  truth.boxes(boxed({}), 0);
  truth.boxes(boxed({{.label = 0, .xmax = 1, .ymax = 1, .crowd = true}}), 0);
  EXPECT_EQ(truth.mistrust(), "no box to be found in 2 images");
  truth.boxes(boxed({{.label = 0, .xmax = 1}}), 0);
  EXPECT_EQ(truth.mistrust(), "");
  EXPECT_THAT(truth.notices(), ElementsAre(HasSubstr("1 box without area")));
}

}  // namespace
}  // namespace qbench
