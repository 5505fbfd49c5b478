#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/suite/suite.h"
#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

class FindSuite : public testing::Test {
 protected:
  FindSuite() {
    for (const char* name :
         {"one/demo.yaml", "two/demo.yaml", "two/imagenet.yaml", "two/notes.txt"}) {
      fs::create_directories((folder_ / name).parent_path());
      std::ofstream(folder_ / name) << "x";
    }
  }
  ~FindSuite() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("qbench_find_suite_" + std::to_string(getpid()));
  const std::vector<std::string> directories_{path("none"), path("one"), path("two")};
};

TEST_F(FindSuite, TakesTheFirstDirectoryThatHasTheName) {
  EXPECT_EQ(find_suite("demo", directories_), path("one/demo.yaml"));
  EXPECT_EQ(find_suite("imagenet", directories_), path("two/imagenet.yaml"));
}

TEST_F(FindSuite, TakesAPathAsItIs) {
  EXPECT_EQ(find_suite(path("two/demo.yaml"), {}), path("two/demo.yaml"));
  EXPECT_THAT(error_of([] { find_suite("./no.yaml", {}); }), HasSubstr("./no.yaml: no such file"));
}

TEST_F(FindSuite, ListsWhatThereIs) {
  EXPECT_THAT(list_suites(directories_), ElementsAre("demo", "imagenet"));
  EXPECT_THAT(error_of([this] { find_suite("imagnet", directories_); }),
              HasSubstr("no suite 'imagnet', did you mean 'imagenet'?; there are: demo, imagenet"));
  EXPECT_THAT(error_of([] { find_suite("demo", {}); }), HasSubstr("there are: none"));
}

TEST(SuiteDirectories, HoldTheSuitesOfTheSourceTree) {
  EXPECT_THAT(list_suites(suite_directories()), IsSupersetOf({"demo", "imagenet"}));
}

TEST(SuiteDirectories, EverySuiteThereIsCanBeRead) {
  for (const std::string& name : list_suites(suite_directories())) {
    const Suite suite = load_suite(find_suite(name, suite_directories()));
    EXPECT_EQ(suite.name, name);
    EXPECT_FALSE(suite.description.empty());
  }
}

}  // namespace
}  // namespace qbench
