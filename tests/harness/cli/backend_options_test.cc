#include <gmock/gmock.h>

#include <array>

#include "engine/core/error.h"
#include "harness/cli/model_options.h"
#include "tests/harness/fake_gpu.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class BackendOptionsTest : public testing::Test {
 protected:
  const Backend& find(const BackendOptions& options) const {
    const std::array<const Backend*, 2> backends = {&find_backend("reference"), &gpu_};
    return options.find_among(backends, {});
  }
  std::string error(const BackendOptions& options) const {
    try {
      find(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  FakeGpu gpu_;
};

TEST_F(BackendOptionsTest, TheDefaultIsTheFirst) {
  EXPECT_EQ(find({}).name(), "reference");
  EXPECT_EQ(find({.context = "cpu"}).name(), "reference");
  EXPECT_EQ(find({.context = "cpu(0)"}).name(), "reference");
  EXPECT_EQ(BackendOptions{}.device(), 0);
}

TEST_F(BackendOptionsTest, DocumentedSpellingsNameADevice) {
  EXPECT_EQ(&find({.context = "gpu"}), &gpu_);
  EXPECT_EQ(&find({.context = "gpu(1)"}), &gpu_);
  EXPECT_EQ(&find({.gpus = "1,0"}), &gpu_);
  EXPECT_EQ((BackendOptions{.context = "gpu"}.device()), 0);
  EXPECT_EQ((BackendOptions{.context = "gpu(1)"}.device()), 1);
  EXPECT_EQ((BackendOptions{.gpus = "1,0"}.device()), 1);
  EXPECT_EQ((BackendOptions{.context = "gpu(1)", .backend = "cudnn"}.device()), 1);
}

TEST_F(BackendOptionsTest, ADeviceOutOfRangeTellsHowManyThereAre) {
  EXPECT_EQ(error({.context = "gpu(2)"}),
            "--ctx=gpu(2): backend cudnn has 2 devices, found number 2, expected 0 to 1");
  EXPECT_EQ(error({.gpus = "0,3"}),
            "--gpus=0,3: backend cudnn has 2 devices, found number 3, expected 0 to 1");
  EXPECT_EQ(error({.context = "cpu(1)"}),
            "--ctx=cpu(1): backend reference has 1 device, found number 1, expected 0");
}

TEST_F(BackendOptionsTest, WithoutADeviceTheReasonIsGiven) {
  gpu_.reason = "no NVIDIA GPU";
  EXPECT_EQ(error({.context = "gpu"}), "--ctx=gpu: backend cudnn cannot run here: no NVIDIA GPU");
  EXPECT_EQ(error({.backend = "cudnn"}),
            "--backend=cudnn: backend cudnn cannot run here: no NVIDIA GPU");
  EXPECT_EQ(error({.gpus = "0"}), "--gpus=0: backend cudnn cannot run here: no NVIDIA GPU");
  EXPECT_EQ(error({.backend = "reference"}), "no error");
}

TEST_F(BackendOptionsTest, WithoutTheBackendTheBuildIsToBlame) {
  const std::array<const Backend*, 1> backends = {&find_backend("reference")};
  const std::array<std::string_view, 1> absent = {"cudnn"};
  const auto message = [&](const BackendOptions& options) -> std::string {
    try {
      options.find_among(backends, absent);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  for (const BackendOptions& options :
       {BackendOptions{.context = "gpu"}, {.backend = "cudnn"}, {.gpus = "0"}}) {
    EXPECT_THAT(message(options),
                AllOf(HasSubstr("backend 'cudnn' is not in this build, expected one of: reference"),
                      HasSubstr("it needs CUDA 12 or 13 and cuDNN 9")));
  }
  EXPECT_THAT(message({.context = "gpu"}), StartsWith("--ctx=gpu: "));
  EXPECT_EQ(message({.backend = "tpu"}),
            "--backend=tpu: no backend 'tpu' in this build, expected one of: reference");
}

TEST_F(BackendOptionsTest, OtherSpellingsAreErrors) {
  for (const char* context : {"tpu", "gpu(", "gpu(0", "gpu0", "gpu(0)x", "(0)"})
    EXPECT_THAT(error({.context = context}), HasSubstr("expected cpu, gpu or gpu(N)")) << context;
  EXPECT_THAT(error({.context = "gpu(x)"}), StartsWith("--ctx: found 'x'"));
  EXPECT_THAT(error({.context = "gpu(-1)"}), StartsWith("--ctx: found -1"));
  EXPECT_THAT(error({.gpus = "0,,1"}), HasSubstr("single commas"));
}

TEST(PrecisionOption, IsOfFp32ModelsAlone) {
  const auto message = [](const char* precision, bool quantized) -> std::string {
    try {
      PrecisionOption{precision}.math(quantized);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(PrecisionOption{"tf32"}.math(false), FloatMath::tf32);
  EXPECT_EQ(PrecisionOption{"fp16"}.math(false), FloatMath::f16);
  EXPECT_EQ(PrecisionOption{}.math(true), FloatMath::f32);
  EXPECT_EQ(PrecisionOption{}.name(true), "int8");
  EXPECT_EQ(PrecisionOption{"fp16"}.name(false), "fp16");
  EXPECT_EQ(message("fp16", true), "--precision is fp16, but the model is INT8");
  EXPECT_THAT(message("int8", false), HasSubstr("'qbench quantize' makes one"));
  EXPECT_THAT(message("half", false), StartsWith("--precision: precision 'half'"));
}

}  // namespace
}  // namespace qbench
