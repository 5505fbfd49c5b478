#include "harness/cli/options.h"

#include <gmock/gmock.h>

#include <sstream>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Values {
  bool flag = false;
  bool on = true;
  std::string text = "naive";
  int number = 32;
  std::int64_t large = -1;
  double real = 0.5;
  std::vector<std::string> names{"a", "b"};
  std::vector<int> sizes{1};
  std::array<float, 3> triple{0, 0, 0};
  std::vector<std::string> files;
};

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    options_.add("benchmark", values_.flag, "measure speed");
    options_.add("shuffle-dataset", values_.on, "shuffle the images");
    options_.add("calib-mode", values_.text, "MODE", "how to calibrate");
    options_.section("Numbers");
    options_.add("batch-size", values_.number, "images in a batch");
    options_.letter("batch_size", 'b');
    options_.add("shuffle_seed", values_.large, "seed of the order");
    options_.add("scale", values_.real, "a factor");
    options_.add("models", values_.names, "NAMES", "models to run");
    options_.add("sizes", values_.sizes, "sizes to run");
    options_.add("rgb-mean", values_.triple,
                 "subtracted from each pixel's red, green and blue before the network sees it");
    options_.positional("FILE", values_.files, "files to read");
  }

  bool parse(const std::vector<std::string>& arguments) { return options_.parse(arguments); }

  std::string error_of(const std::vector<std::string>& arguments) {
    try {
      options_.parse(arguments);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  Values values_;
  Options options_{"qbench test [options] FILE", "Does nothing."};
};

TEST_F(OptionsTest, NothingGivenLeavesTheDefaults) {
  EXPECT_TRUE(parse({}));
  EXPECT_EQ(values_.number, 32);
  EXPECT_THAT(values_.names, ElementsAre("a", "b"));
  EXPECT_FALSE(options_.given("batch-size"));
}

TEST_F(OptionsTest, ReadsEveryKindOfValue) {
  EXPECT_TRUE(parse({"--benchmark", "--calib-mode=entropy", "--batch-size", "64",
                     "--shuffle-seed=48564309", "--scale", "2.5", "--models", "x,y", "--sizes=4,8",
                     "--rgb-mean", "123.68,116.779,103.939", "one", "two"}));
  EXPECT_TRUE(values_.flag);
  EXPECT_EQ(values_.text, "entropy");
  EXPECT_EQ(values_.number, 64);
  EXPECT_EQ(values_.large, 48564309);
  EXPECT_EQ(values_.real, 2.5);
  EXPECT_THAT(values_.names, ElementsAre("x", "y"));
  EXPECT_THAT(values_.sizes, ElementsAre(4, 8));
  EXPECT_THAT(values_.triple, ElementsAre(123.68F, 116.779F, 103.939F));
  EXPECT_THAT(values_.files, ElementsAre("one", "two"));
  EXPECT_TRUE(options_.given("batch-size"));
  EXPECT_TRUE(options_.given("shuffle_seed"));
}

TEST_F(OptionsTest, FlagsTakeTheirValueOnlyAfterAnEqualsSign) {
  EXPECT_TRUE(parse({"--shuffle-dataset=False", "--benchmark", "True"}));
  EXPECT_FALSE(values_.on);
  EXPECT_TRUE(values_.flag);
  EXPECT_THAT(values_.files, ElementsAre("True"));
  EXPECT_THAT(error_of({"--benchmark=maybe"}),
              HasSubstr("--benchmark: found 'maybe', expected True or False"));
}

TEST_F(OptionsTest, UnderscoresAreDashesInNamesOnly) {
  EXPECT_TRUE(parse({"--calib_mode=a_b", "--batch_size", "8", "my_file"}));
  EXPECT_EQ(values_.text, "a_b");
  EXPECT_EQ(values_.number, 8);
  EXPECT_THAT(values_.files, ElementsAre("my_file"));
}

TEST_F(OptionsTest, NegativeNumbersAreValues) {
  EXPECT_TRUE(parse({"--batch-size", "-1", "--scale", "-2e-3", "--rgb-mean", "-1,2,-3"}));
  EXPECT_EQ(values_.number, -1);
  EXPECT_EQ(values_.real, -0.002);
  EXPECT_THAT(values_.triple, ElementsAre(-1, 2, -3));
}

TEST_F(OptionsTest, ALetterIsAnotherNameOfItsOption) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"-b", "64"}, {"-b64"}, {"-b=64"}}) {
    values_.number = 0;
    EXPECT_TRUE(parse(arguments));
    EXPECT_EQ(values_.number, 64) << arguments.front();
  }
  EXPECT_TRUE(options_.given("batch-size"));
  EXPECT_TRUE(parse({"-b", "-1", "--calib-mode", "-b"}));
  EXPECT_EQ(values_.number, -1);
  EXPECT_EQ(values_.text, "-b");  // a value is no option
  EXPECT_EQ(error_of({"-b"}), "--batch-size: expected a value");
  EXPECT_EQ(error_of({"-bx"}), "--batch-size: found 'x', expected an integer");
  EXPECT_THAT(options_.help(), HasSubstr("\n  -b, --batch-size N      images in a batch [32]\n"));
}

TEST_F(OptionsTest, RepeatedListsGrowAndTheLastValueOfOthersHolds) {
  EXPECT_TRUE(parse({"--models", "x", "--models=y,z", "--batch-size=1", "--batch-size=2"}));
  EXPECT_THAT(values_.names, ElementsAre("x", "y", "z"));
  EXPECT_EQ(values_.number, 2);
}

TEST_F(OptionsTest, UnknownOptionsNameTheNearest) {
  EXPECT_EQ(error_of({"--batchsize=3"}), "unknown option --batchsize; did you mean --batch-size?");
  EXPECT_EQ(error_of({"--calib-mod", "naive"}),
            "unknown option --calib-mod; did you mean --calib-mode?");
  EXPECT_EQ(error_of({"--zzzzzzzzzz"}), "unknown option --zzzzzzzzzz");
  EXPECT_THAT(error_of({"-c", "3"}), HasSubstr("unknown option -c"));
}

TEST_F(OptionsTest, ValuesAreRequiredAndChecked) {
  EXPECT_EQ(error_of({"--batch-size"}), "--batch-size: expected a value");
  EXPECT_EQ(error_of({"--batch-size="}), "--batch-size: expected a value");
  EXPECT_EQ(error_of({"--batch-size", "--benchmark"}), "--batch-size: expected a value");
  EXPECT_EQ(error_of({"--batch-size=x"}), "--batch-size: found 'x', expected an integer");
  EXPECT_EQ(error_of({"--batch-size=99999999999"}),
            "--batch-size: found '99999999999', expected an integer of 32 bits");
  EXPECT_EQ(error_of({"--scale=nan"}), "--scale: found 'nan', expected a finite number");
  EXPECT_EQ(error_of({"--models=a,,b"}),
            "--models: found 'a,,b', expected items separated by single commas");
  EXPECT_EQ(error_of({"--rgb-mean=1,2"}),
            "--rgb-mean: found '1,2', expected three numbers separated by commas, or one");
}

TEST_F(OptionsTest, PositionalArgumentsMustBeWanted) {
  Options none("qbench none", "Takes nothing.");
  const std::vector<std::string> arguments{"extra"};
  EXPECT_THROW(none.parse(arguments), Error);
  EXPECT_TRUE(parse({"--", "plain"}));
  EXPECT_THAT(values_.files, ElementsAre("plain"));
}

TEST_F(OptionsTest, HelpComesBeforeEverythingElse) {
  EXPECT_FALSE(parse({"--nonsense", "--help"}));
  EXPECT_FALSE(parse({"-h"}));
  EXPECT_THAT(values_.files, IsEmpty());
}

TEST_F(OptionsTest, HelpShowsSectionsAndDefaults) {
  EXPECT_EQ(options_.help(), R"(usage: qbench test [options] FILE

Does nothing.

  FILE                    files to read

Options:
  --benchmark             measure speed
  --shuffle-dataset       shuffle the images [True]
  --calib-mode MODE       how to calibrate [naive]

Numbers:
  -b, --batch-size N      images in a batch [32]
  --shuffle-seed N        seed of the order
  --scale X               a factor [0.5]
  --models NAMES          models to run [a,b]
  --sizes N,...           sizes to run [1]
  --rgb-mean R,G,B        subtracted from each pixel's red, green and blue
                          before the network sees it [0,0,0]

Flags may be written --name or --name=True|False; _ and - are the same in names.
)");
}

}  // namespace
}  // namespace qbench
