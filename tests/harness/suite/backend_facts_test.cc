#include "harness/suite/backend_facts.h"

#include <gmock/gmock.h>

#include "engine/backends/backends.h"
#include "tests/harness/fake_gpu.h"

namespace qbench {
namespace {

TEST(BackendFacts, AreWhatTheBackendSays) {
  FakeGpu gpu;
  const BackendFacts facts = facts_of(gpu);
  EXPECT_EQ(facts.name, "cudnn");
  EXPECT_EQ(facts.unavailable, "");
  EXPECT_EQ(facts.devices, 2);
  EXPECT_FALSE(facts.takes_u8);
  EXPECT_FALSE(facts.uses_threads);
  EXPECT_EQ(describe(facts), "cuDNN 9.19.0, CUDA 13.0; 2 devices; fp32, tf32, fp16, int8");
  gpu.device_count = 1;
  EXPECT_EQ(describe(facts_of(gpu)), "cuDNN 9.19.0, CUDA 13.0; fp32, tf32, fp16, int8");
  gpu.reason = "no NVIDIA GPU";
  EXPECT_EQ(describe(facts_of(gpu)), "cuDNN 9.19.0, CUDA 13.0; cannot run here: no NVIDIA GPU");
}

TEST(BackendFacts, AbsentBackendsComeLast) {
  const std::vector<BackendFacts> known = known_backends();
  const std::size_t built = all_backends().size();
  ASSERT_EQ(known.size(), built + absent_backends().size());
  EXPECT_EQ(known.front().name, all_backends().front()->name());
  EXPECT_EQ(known.front().unavailable, "");
  for (std::size_t i = built; i < known.size(); ++i) {
    EXPECT_EQ(known[i].unavailable, "is not in this build");
    EXPECT_EQ(describe(known[i]), "not in this build");
  }
}

}  // namespace
}  // namespace qbench
