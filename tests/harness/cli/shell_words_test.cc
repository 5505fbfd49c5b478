#include "harness/cli/shell_words.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "harness/cli/suite_arguments.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShellWords, AreReadBack) {
  const std::vector<std::string> words{"qbench", "suite",   "it's",  "",  "a b", "b(1|32)\\.",
                                       "$x",     "--a=b,c", "\"q\"", "'", "ü"};
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_quoted(word);
  EXPECT_EQ(shell_words(line), words);
}

TEST(ShellWords, PlainOnesStayAsTheyAre) {
  EXPECT_EQ(shell_quoted("a/b-1.yaml:2,3"), "a/b-1.yaml:2,3");
  EXPECT_EQ(shell_quoted("a b"), "'a b'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_THAT(shell_words(""), IsEmpty());
  EXPECT_THAT(shell_words("  a   b "), ElementsAre("a", "b"));
  EXPECT_THROW(shell_words("a 'b"), Error);
}

TEST(RecordedArguments, AreThoseOfASuite) {
  const SuiteArguments arguments = recorded_arguments(
      "qbench suite './my suite.yaml' --models a,b --modes none --filter 'b(1|2)' --limit 20 "
      "--quick");
  EXPECT_THAT(arguments.suite, ElementsAre("./my suite.yaml"));
  EXPECT_THAT(arguments.overrides.models, ElementsAre("a", "b"));
  EXPECT_THAT(arguments.overrides.modes, ElementsAre("none"));
  EXPECT_EQ(arguments.filter, "b(1|2)");
  EXPECT_EQ(arguments.overrides.limit, 20);
  EXPECT_TRUE(arguments.overrides.quick);
  for (const char* other : {"", "qbench", "qbench suite", "qbench suite --quick",
                            "qbench infer demo", "other suite demo", "qbench suite --help"})
    EXPECT_THROW(recorded_arguments(other), Error) << other;
}

}  // namespace
}  // namespace qbench
