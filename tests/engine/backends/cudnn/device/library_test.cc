// What cuDNN says of our graphs, for GPUs that need not be there: it takes a description of one.
#include "engine/backends/cudnn/device/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/kernel_store.h"
#include "engine/backends/cudnn/device/tuner.h"
#include "tests/engine/backends/cudnn/convolution_steps.h"

namespace qbench::cudnn {
namespace {

using ::testing::HasSubstr;

struct Card {
  std::string name;
  int version;
  int processors;
  int shared;  // bytes that a block may ask for
};

std::string json_of(const Card& card) {
  return fmt::format(
      R"({{"deviceVer":{},"cudaDeviceId":0,"driverVer":13000,"multiProcessorCount":{},)"
      R"("maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],)"
      R"("regsPerBlock":65536,"smClockRateKHz":1410000,"memClockRateKHz":1593000,)"
      R"("l2CacheSize":41943040,"warpSize":32,"maxSharedMemoryPerBlock":49152,)"
      R"("maxSharedMemoryPerBlockOptin":{},"reservedSharedMemoryPerBlock":1024,)"
      R"("maxRegistersPerSM":65536,"pciDeviceId":0,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,)"
      R"("maxThreadsPerSM":2048,"isTccDriver":0,"supportCoopLaunch":1,)"
      R"("totalGlobalMem":85000000000,"deviceName":"{}","cudnnVersion":{},"schemaVersion":1}})",
      card.version, card.processors, card.shared, card.name, cudnnGetVersion());
}

const Card kA100{"NVIDIA A100-SXM4-80GB", 800, 108, 166912};
const Card kH100{"NVIDIA H100 80GB HBM3", 900, 132, 232448};

struct PatternCase {
  Card card;
  ConvolutionCase convolution;
};

void PrintTo(const PatternCase& param, std::ostream* out) { *out << param.convolution.name; }

std::vector<PatternCase> pattern_cases() {
  std::vector<PatternCase> cases;
  for (const Card& card : {kA100, kH100}) {
    for (ConvolutionCase c : convolution_cases()) {
      c.images = 32;
      c.image = c.kernel == 7 ? 224 : 56;
      if (c.channels == 16) c.channels = c.outputs = 64;
      cases.push_back({card, c});
    }
  }
  return cases;
}

// Kernels of the library that may be used, by the fused graph or by the sums alone.
std::size_t count_allowed(const OperationGraph& operations, Arithmetic arithmetic,
                          const Target& target) {
  const LibraryGraph graph(operations, target);
  std::size_t count = 0;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Proposal& proposal : graph.proposals(mode))
      count += is_allowed(proposal.notes, arithmetic, {.transforms = false}) ? 1 : 0;
  }
  return count;
}

class Pattern : public ::testing::TestWithParam<PatternCase> {
 protected:
  void SetUp() override {
    if (cudnnGetVersion() < 91100) GTEST_SKIP() << "this cuDNN takes no description of a GPU";
    if (::dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) == nullptr &&
        ::dlopen(QBENCH_CUDA_STUB, RTLD_NOW | RTLD_GLOBAL) == nullptr)
      GTEST_SKIP() << "neither driver nor " QBENCH_CUDA_STUB;
  }
};

TEST_P(Pattern, HasKernelsThatDoItAllAtOnce) {
  const Step step = convolution_step(GetParam().convolution);
  const auto& work = std::get<ConvolutionWork>(step.work);
  const Target target = Target::described(json_of(GetParam().card));
  EXPECT_GT(count_allowed(fused_graph(work, step.operands), work.arithmetic, target), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, Pattern, ::testing::ValuesIn(pattern_cases()),
                         [](const auto& param_info) {
                           return std::to_string(param_info.param.card.version) + "_" +
                                  param_info.param.convolution.name;
                         });

// Beside those that it compiles itself, of which there are few.
TEST_F(Pattern, RealNumbersHaveReadyMadeKernelsThatDoItAllAtOnce) {
  for (const Card& card : {kA100, kH100}) {
    const Target target = Target::described(json_of(card));
    for (ConvolutionCase c : convolution_cases()) {
      if (c.arithmetic == Arithmetic::s8) continue;
      c.images = 32;
      c.image = 56;
      c.channels = c.outputs = 64;
      const Step step = convolution_step(c);
      const auto& work = std::get<ConvolutionWork>(step.work);
      const LibraryGraph graph(fused_graph(work, step.operands), target);
      const auto proposals = graph.proposals(CUDNN_HEUR_MODE_A);
      EXPECT_TRUE(std::ranges::any_of(proposals,
                                      [&](const Proposal& proposal) {
                                        return !proposal.notes.compiled_at_run_time &&
                                               is_allowed(proposal.notes, work.arithmetic,
                                                          {.transforms = false});
                                      }))
          << card.name << " " << c.name;
    }
  }
}

TEST_F(Pattern, IntegersAreTriedInMoreSettingsThanAreProposed) {
  for (const Card& card : {kA100, kH100}) {
    const Target target = Target::described(json_of(card));
    const Step step = convolution_step({.name = "", .channels = 64, .outputs = 64, .image = 56});
    Settings settings;
    const FoundWays found = find_ways(step, {}, target, settings);
    const auto fused = std::ranges::count(found.ways, WayKind::fused, &Way::kind);
    EXPECT_GT(fused, 10) << card.name;
    EXPECT_LT(fused, 40) << card.name;
    std::vector<std::string> texts;
    for (const Way& way : found.ways) texts.push_back(to_text(way));
    std::ranges::sort(texts);
    EXPECT_EQ(std::ranges::adjacent_find(texts), texts.end());
  }
}

TEST_F(Pattern, SumsOfIntegersAndRealNumbersHaveKernels) {
  const Target target = Target::described(json_of(kH100));
  for (const Arithmetic arithmetic :
       {Arithmetic::s8, Arithmetic::f16, Arithmetic::f32, Arithmetic::tf32}) {
    const bool integers = arithmetic == Arithmetic::s8;
    const Step step = convolution_step({.name = "",
                                        .arithmetic = arithmetic,
                                        .result = integers                        ? DType::s8
                                                  : arithmetic == Arithmetic::f16 ? DType::f16
                                                                                  : DType::f32,
                                        .image = 28,
                                        .multiplier = integers});
    const auto& work = std::get<ConvolutionWork>(step.work);
    EXPECT_GT(count_allowed(sums_graph(work, step.operands), arithmetic, target), 0U);
  }
}

// Kernels that come ready made can be prepared in full without a GPU, and again from the numbers
// that the cache keeps.
TEST_F(Pattern, KernelsAreMadeFromTheirNumbersOnceForAllThatAreAlike) {
  const Target target = Target::described(json_of(kH100));
  const ConvolutionCase c{.name = "",
                          .arithmetic = Arithmetic::f32,
                          .result = DType::f32,
                          .channels = 64,
                          .outputs = 64,
                          .image = 28,
                          .layout = Layout::row_major,
                          .multiplier = false};
  const Step step = convolution_step(c);
  const Step alike = convolution_step(c);
  const LibraryGraph graph(describe(step, {WayKind::fused}), target);
  std::vector<KernelStore::Wanted> wanted;
  for (const Proposal& proposal : graph.proposals(CUDNN_HEUR_MODE_A)) {
    if (proposal.notes.compiled_at_run_time || wanted.size() == 8) continue;
    const std::optional<Way> kept = way_from_text(to_text({WayKind::fused, proposal.choice}));
    ASSERT_TRUE(kept);
    wanted.push_back({&step, *kept});
  }
  ASSERT_EQ(wanted.size(), 8U);
  KernelStore store(
      [] { return std::make_shared<const Target>(Target::described(json_of(kH100))); });
  std::atomic<int> entered = 0;
  store.make(wanted, [&] { ++entered; });
  EXPECT_EQ(entered, 8);
  store.make(wanted, [&] { ++entered; });
  EXPECT_EQ(entered, 8);  // all there
  for (const KernelStore::Wanted& each : wanted) {
    EXPECT_NE(store.get(step, each.way), nullptr);
    EXPECT_EQ(store.get(step, each.way), store.get(alike, each.way));
  }
  ConvolutionCase other = c;
  other.stride = 2;
  EXPECT_NE(store.get(convolution_step(other), wanted[0].way), store.get(step, wanted[0].way));
  EXPECT_THROW(store.get(step, {WayKind::fused, {.engine = 100000}}), Error);
}

TEST_F(Pattern, AKernelThatDoesNotExistIsAnError) {
  const Target target = Target::described(json_of(kH100));
  const Step step = convolution_step({.name = ""});
  const LibraryGraph graph(sums_graph(std::get<ConvolutionWork>(step.work), step.operands), target);
  EXPECT_THROW(LibraryPlan(graph, {.engine = 100000}), Error);
}

TEST(Descriptor, ErrorsCarryWhatTheLibrarySays) {
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  try {
    tensor.finalize();
    FAIL() << "a tensor without a size was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cuDNN refuses: CUDNN_STATUS_BAD_PARAM"));
    EXPECT_EQ(error.kind(), ErrorKind::environment);
  }
}

TEST(Target, ADeviceThatIsNotDescribedWellIsAnError) {
  EXPECT_THROW(Target::described("{}"), Error);
}

TEST(Allowed, KernelsThatKeepThePromiseOfTheArithmetic) {
  const TuningOptions all{.transforms = true};
  const TuningOptions exact{.transforms = false};
  EXPECT_TRUE(is_allowed({}, Arithmetic::f32, exact));
  EXPECT_FALSE(is_allowed({.tensor_core = true}, Arithmetic::f32, all));
  for (const Arithmetic arithmetic : {Arithmetic::tf32, Arithmetic::f16, Arithmetic::s8})
    EXPECT_TRUE(is_allowed({.tensor_core = true}, arithmetic, exact));
  EXPECT_TRUE(is_allowed({.transforms = true}, Arithmetic::f32, all));
  EXPECT_FALSE(is_allowed({.transforms = true}, Arithmetic::f32, exact));
  EXPECT_FALSE(is_allowed({.reduced_precision = true}, Arithmetic::f16, all));
  EXPECT_FALSE(is_allowed({.reorders_weights = true}, Arithmetic::s8, all));
  EXPECT_FALSE(is_allowed({.nondeterministic = true}, Arithmetic::tf32, all));
}

}  // namespace
}  // namespace qbench::cudnn
