#include "harness/suite/plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSuite = R"(
dataset: {records: photos.rec, calibration: {first: 0}, evaluation: {skip: 160}}
models: [{name: net}]
axes:
  modes: [none, naive, entropy]
  calib_batches: [1, 5]
  batch_sizes: [1, 32]
  threads: [2]
)";

// A world in which every file exists, unless `missing` names it; its content is its name.
struct World {
  std::vector<std::string> missing{};
  std::string edition{};  // of all contents
  std::int64_t images = 1000;
  bool by_class = false;  // whether images lie class by class
  mutable std::map<std::string, OpenOptions> opened{};
  std::string machine = "a machine";
  std::string program = "1";

  PlanContext context() const {
    PlanContext context;
    context.backends = {{.name = "onednn"}, {.name = "reference"}};
    context.modes = {"none", "naive", "entropy"};
    context.cores = 2;
    context.machine = machine;
    context.program = program;
    context.command = "qbench suite s.yaml";
    context.find_file = [this](const std::string& name) -> std::optional<std::string> {
      if (std::ranges::count(missing, name) > 0) return std::nullopt;
      return "/data/" + name;
    };
    context.hash_file = [this](const std::string& path) { return path + edition; };
    context.look_at_data = [this](const std::string& data, const OpenOptions& options) {
      opened[data] = options;
      return DataFacts{images, data + edition, by_class};
    };
    return context;
  }

  Plan plan(const std::string& text = kSuite) const {
    return make_plan(parse_suite(text, "s.yaml"), context());
  }
};

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> result;
  for (const Group& group : plan.groups) {
    for (const Case& made : group.cases) result.push_back(made.name);
  }
  return result;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Plan, MultipliesTheAxesOut) {
  EXPECT_THAT(
      names(World{}.plan()),
      ElementsAre(
          "net/fp32/b1/t2/onednn", "net/fp32/b32/t2/onednn",  //
          "net/int8/none/b1/t2/onednn", "net/int8/none/b32/t2/onednn",
          "net/int8/naive/1batches/b1/t2/onednn", "net/int8/naive/1batches/b32/t2/onednn",
          "net/int8/naive/5batches/b1/t2/onednn", "net/int8/naive/5batches/b32/t2/onednn",
          "net/int8/entropy/1batches/b1/t2/onednn", "net/int8/entropy/1batches/b32/t2/onednn",
          "net/int8/entropy/5batches/b1/t2/onednn", "net/int8/entropy/5batches/b32/t2/onednn"));
}

TEST(Plan, MakesAGroupOfEachModelAndBackend) {
  const Plan plan = World{}.plan(R"(
dataset: {records: photos.rec}
models: [{name: a}, {name: b}, {name: b, dataset: {records: birds.rec}}]
axes: {backends: [reference, onednn], quantized_dtypes: [auto, uint8], threads: [0, 2, 1]}
)");
  ASSERT_EQ(plan.groups.size(), 6U);
  EXPECT_EQ(plan.groups[1].name(), "a on onednn");
  // fp32 and two types, each on 2 and 1 threads: all cores are 2, which is not run twice
  EXPECT_EQ(plan.groups[0].cases.size(), 6U);
  EXPECT_EQ(plan.count_cases(), 36U);
  EXPECT_EQ(plan.groups[0].cases[5].name, "a/int8/naive/5batches/uint8/b1/t1/reference");
  EXPECT_EQ(plan.groups[4].cases[0].name, "b@birds/fp32/b1/t2/reference");  // b is there twice
}

TEST(Plan, NamesAndIdsAreUnique) {
  const Plan plan = World{}.plan(
      replaced(kSuite, "threads: [2]", "threads: [1, 2]\n  quantized_dtypes: [auto, int8, uint8]"));
  const std::vector<std::string> all = names(plan);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  std::set<std::string> ids;
  for (const Case& made : plan.groups[0].cases) ids.insert(made.id);
  EXPECT_EQ(ids.size(), all.size());
}

TEST(Plan, FindsFilesAndDefaultsToTheFirstBackend) {
  const Group group = World{}.plan().groups.at(0);
  EXPECT_EQ(group.model.symbol, "/data/net-symbol.json");
  EXPECT_EQ(group.model.params, "/data/net-0000.params");
  EXPECT_EQ(group.model.dataset.records, "/data/photos.rec");
  EXPECT_EQ(group.backend, "onednn");
  EXPECT_EQ(group.status, Status::ok);
}

TEST(Plan, AsksForOneFileWhereThereIsOne) {
  const std::string text = replaced(kSuite, "{name: net}", "{name: net, symbol: net.onnx}");
  const Group group = World{}.plan(text).groups.at(0);
  EXPECT_EQ(group.model.symbol, "/data/net.onnx");
  EXPECT_EQ(group.model.params, "");
  EXPECT_EQ(group.status, Status::ok);
  EXPECT_NE(group.files_hash, World{.edition = "2"}.plan(text).groups.at(0).files_hash);
}

TEST(Plan, SkipsWhatIsMissingAndNamesIt) {
  const std::string text = replaced(kSuite, "{name: net}", "{name: net}, {name: gone}");
  const Plan plan = World{.missing = {"gone-symbol.json", "gone-0000.params"}}.plan(text);
  EXPECT_THAT(plan.missing, ElementsAre("gone-symbol.json", "gone-0000.params"));
  EXPECT_EQ(plan.groups.at(0).status, Status::ok);
  EXPECT_EQ(plan.groups.at(1).status, Status::skipped);
  EXPECT_EQ(plan.groups[1].reason, "missing gone-symbol.json, gone-0000.params");
  EXPECT_EQ(plan.groups[1].cases.size(), 12U);
  EXPECT_FALSE(plan.groups[1].cases[0].id.empty());
}

TEST(Plan, DamagedDataFailOnlyTheirGroup) {
  const std::string text =
      replaced(kSuite, "{name: net}", "{name: net, dataset: {records: bad.rec}}, {name: fine}");
  World world;
  PlanContext context = world.context();
  context.look_at_data = [](const std::string& data, const OpenOptions&) {
    if (data == "/data/bad.rec") throw Error("bad.rec: cut at byte 7");
    return DataFacts{1000, data};
  };
  const Plan plan = make_plan(parse_suite(text, "s.yaml"), context);
  EXPECT_EQ(plan.groups.at(0).status, Status::failed);
  EXPECT_EQ(plan.groups[0].reason, "bad.rec: cut at byte 7");
  EXPECT_EQ(plan.groups.at(1).status, Status::ok);
}

TEST(Plan, SkippingAllImagesFailsTheGroup) {
  const Plan plan = World{.images = 160}.plan();
  EXPECT_EQ(plan.groups.at(0).status, Status::failed);
  EXPECT_THAT(plan.groups[0].reason, HasSubstr("160 images, none left after skipping 160"));
}

TEST(Plan, WarnsWhenCalibrationImagesAreScored) {
  EXPECT_THAT(World{}.plan().groups.at(0).warnings, IsEmpty());  // [0,160) and [160,end)
  const auto warnings = [](const std::string& text) {
    return World{}.plan(text).groups.at(0).warnings;
  };
  EXPECT_EQ(warnings(replaced(kSuite, "skip: 160", "skip: 159")).size(), 1U);
  EXPECT_EQ(warnings(replaced(kSuite, "first: 0", "shuffle: true")).size(), 1U);
  EXPECT_THAT(warnings(replaced(kSuite, "first: 0", "records: other.rec, shuffle: true")),
              IsEmpty());
  EXPECT_THAT(warnings(replaced(replaced(kSuite, "skip: 160", "skip: 0"), "[none, naive, entropy]",
                                "[none]")),
              IsEmpty());
}

TEST(Plan, CalibrationOnClassFoldersIsDrawnOverAllOfThem) {
  const auto shuffles = [](bool by_class, const std::string& text) {
    return World{.by_class = by_class}.plan(text).groups.at(0).shuffles_calibration;
  };
  EXPECT_TRUE(shuffles(true, kSuite));
  EXPECT_FALSE(shuffles(false, kSuite));
  EXPECT_FALSE(shuffles(true, replaced(kSuite, "first: 0", "shuffle: false")));
  EXPECT_TRUE(shuffles(false, replaced(kSuite, "first: 0", "shuffle: true")));
}

TEST(Plan, ClassNamesNumberTheScoredImagesAlone) {
  const World world;
  const std::string named =
      replaced(kSuite, "first: 0}", "first: 0, records: other.rec}, class_names: [ant, bee]");
  const Plan plan = world.plan(named);
  EXPECT_EQ(world.opened.at("/data/photos.rec").classes.find("bee"), 1);
  EXPECT_TRUE(world.opened.at("/data/photos.rec").labels);
  EXPECT_TRUE(world.opened.at("/data/other.rec").classes.empty());
  EXPECT_FALSE(world.opened.at("/data/other.rec").labels);
  // Another order is another case.
  const Plan turned = World{}.plan(replaced(named, "[ant, bee]", "[bee, ant]"));
  EXPECT_NE(plan.groups.at(0).cases.at(0).id, turned.groups.at(0).cases.at(0).id);
  // Where classes are chosen, the names are theirs.
  const World chosen;
  chosen.plan(replaced(named, "class_names: [ant, bee]", "class_names: [bee], classes: [1]"));
  EXPECT_TRUE(chosen.opened.at("/data/photos.rec").classes.empty());
}

TEST(Plan, IdsAreTheSameWhenNothingChanges) {
  const Plan a = World{}.plan();
  const Plan b = World{}.plan();
  for (std::size_t i = 0; i < a.count_cases(); ++i)
    EXPECT_EQ(a.groups[0].cases[i].id, b.groups[0].cases[i].id);
}

// The id of "net/fp32/b1" and that of "net/int8/naive/5batches/b1".
std::pair<std::string, std::string> ids(const Plan& plan) {
  return {plan.groups.at(0).cases.at(0).id, plan.groups[0].cases.at(6).id};
}

TEST(Plan, IdsChangeWithTheInputs) {
  const auto before = ids(World{}.plan());
  for (const World& world :
       {World{.edition = "2"}, World{.machine = "another"}, World{.program = "2"}}) {
    const auto after = ids(world.plan());
    EXPECT_NE(after.first, before.first);
    EXPECT_NE(after.second, before.second);
  }
}

TEST(Plan, IdsChangeWithTheOptions) {
  struct Change {
    const char* from;
    const char* to;
    bool fp32_too;
  };
  const auto before = ids(World{}.plan());
  for (const Change& change : {Change{"{name: net}", "{name: net, rgb_mean: [1, 0, 0]}", true},
                               {"{name: net}", "{name: net, image_shape: [3, 225, 224]}", true},
                               {"{name: net}", "{name: net, resize_short: 256}", true},
                               {"{name: net}", "{name: net, output: probs}", true},
                               {"{name: net}", "{name: net, until: probs}", true},
                               {"{name: net}", "{name: net, excluded_layers: [conv0]}", false},
                               {"{name: net}", "{name: net, exclude_first_conv: true}", false},
                               {"first: 0", "first: 1", false},
                               {"first: 0", "batch_size: 16", false},
                               {"first: 0", "shuffle: true", false},
                               {"first: 0", "records: other.rec", false},
                               {"skip: 160", "skip: 161", true},
                               {"skip: 160", "skip: 160, count: 5", true},
                               {"threads: [2]", "threads: [1]", true},
                               {"axes:", "measure: {max_seconds: 1}\naxes:", true}}) {
    const auto after = ids(World{}.plan(replaced(kSuite, change.from, change.to)));
    EXPECT_EQ(after.first != before.first, change.fp32_too) << change.to;
    EXPECT_NE(after.second, before.second) << change.to;
  }
}

TEST(Plan, SaysHowToRunACaseAlone) {
  const Plan plan =
      World{}.plan(replaced(kSuite, "threads: [2]", "threads: [2]\n  quantized_dtypes: [int8]"));
  EXPECT_EQ(plan.groups[0].cases[0].reproduce,
            "qbench suite s.yaml --models net --backends onednn --precisions fp32 --batch-sizes 1 "
            "--threads 2");
  EXPECT_EQ(plan.groups[0].cases[2].reproduce,
            "qbench suite s.yaml --models net --backends onednn --precisions int8 --modes none "
            "--quantized-dtype int8 --batch-sizes 1 --threads 2");
  EXPECT_EQ(plan.groups[0].cases[7].reproduce,
            "qbench suite s.yaml --models net --backends onednn --precisions int8 --modes naive "
            "--batches 5 --quantized-dtype int8 --batch-sizes 32 --threads 2");
}

TEST(Plan, DocumentedFiguresGoToTheCasesTheyAreAbout) {
  const Plan plan = World{}.plan(replaced(kSuite, "{name: net}",
                                          "{name: net, expected: {fp32: {top1: 70}, int8: {top1: "
                                          "69, mode: naive, calib_batches: 5}}}"));
  for (const Case& made : plan.groups[0].cases) {
    const bool naive5 = made.variant.mode == "naive" && made.variant.calib_batches == 5;
    const std::optional<double> expected = made.variant.precision == "fp32" ? std::optional(0.70)
                                           : naive5                         ? std::optional(0.69)
                                                                            : std::nullopt;
    EXPECT_EQ(made.documented.top1, expected) << made.name;
  }
}

TEST(Plan, UnknownBackendsAndModesAreErrors) {
  EXPECT_THAT(
      error_of([] { World{}.plan(replaced(kSuite, "threads:", "backends: [tpu]\n  threads:")); }),
      HasSubstr("no backend 'tpu' in this build, expected of: onednn, reference"));
  EXPECT_THAT(error_of([] { World{}.plan(replaced(kSuite, "[none, ", "[median, ")); }),
              HasSubstr("no calibration mode 'median'"));
}

TEST(Filter, KeepsTheCasesThatMatch) {
  Plan plan = World{}.plan();
  filter(plan, "naive/5.*b32");
  EXPECT_THAT(names(plan), ElementsAre("net/int8/naive/5batches/b32/t2/onednn"));
}

TEST(Filter, DropsEmptyGroupsAndRefusesNothing) {
  Plan plan = World{}.plan(replaced(kSuite, "{name: net}", "{name: net}, {name: other}"));
  filter(plan, "^other/");
  EXPECT_EQ(plan.groups.size(), 1U);
  EXPECT_THAT(error_of([&plan] { filter(plan, "zzz"); }), HasSubstr("matches no case"));
  EXPECT_THAT(error_of([] {
                Plan p = World{}.plan();
                filter(p, "(");
              }),
              HasSubstr("is no regular expression"));
}

TEST(FindFile, LooksInTheUsualFolders) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / "qbench_find_file";
  for (const char* name :
       {"a/top.json", "a/model/x.json", "b/models/y.json", "b/records/r.rec", "b/data/r.rec"}) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << "x";
  }
  const std::vector<std::string> directories{(root / "a").string(), (root / "b").string()};
  const auto found = [&](const char* name) {
    return find_file(name, directories).value_or("none");
  };
  EXPECT_EQ(found("top.json"), (root / "a/top.json").string());
  EXPECT_EQ(found("x.json"), (root / "a/model/x.json").string());
  EXPECT_EQ(found("y.json"), (root / "b/models/y.json").string());
  EXPECT_EQ(found("r.rec"), (root / "b/data/r.rec").string());
  EXPECT_EQ(found("model/x.json"), (root / "a/model/x.json").string());
  EXPECT_EQ(found("z.json"), "none");
  const std::string absolute = (root / "a/top.json").string();
  EXPECT_EQ(found(absolute.c_str()), absolute);
  EXPECT_EQ(found("/no/such/file"), "none");
  fs::remove_all(root);
}

}  // namespace
}  // namespace qbench
