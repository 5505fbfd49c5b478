#include "harness/cli/profile.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <memory>
#include <string>

namespace qbench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string printed(const std::string& implementation) {
  Profile profile;
  profile.layers = {{.node = "conv",
                     .op = "Convolution",
                     .implementation = implementation,
                     .dtypes = "s8 s8 -> s8",
                     .macs = 1000,
                     .bytes = 100,
                     .median_ns = 1000}};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  print_profile(file.get(), profile);
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), ' ');
  std::rewind(file.get());
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

TEST(PrintProfile, NamesProcessorKernelsShortly) {
  const std::string text = printed("brgconv_1x1:avx512_core");
  EXPECT_THAT(text, HasSubstr("brgconv_1x1"));
  EXPECT_THAT(text, Not(HasSubstr("avx512")));
}

TEST(PrintProfile, SaysWhichKernelOfAGpuItIsAndWhy) {
  EXPECT_THAT(printed("cudnn:fused 2 24=23"), HasSubstr("cudnn:fused 2 24=23"));
  EXPECT_THAT(printed("own:convolution (2 unfit, fused 2: refused)"),
              HasSubstr("own:convolution (2 unfit, fused 2: refused)"));
}

}  // namespace
}  // namespace qbench
