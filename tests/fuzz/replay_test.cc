// Gives each target every file of its corpus: small valid files, and what once went wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Replay : public ::testing::TestWithParam<Target> {};

TEST_P(Replay, EveryFileOfTheCorpus) {
  const fs::path folder = fs::path(QBENCH_FUZZ_CORPUS) / GetParam().name;
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename());
    EXPECT_NO_THROW(GetParam().run(content_of(entry.path())));
    ++files;
  }
  EXPECT_GT(files, 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, ::testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace qbench::fuzz
