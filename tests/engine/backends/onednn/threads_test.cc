// Own loops, workers and small networks on several threads: the same bits as on one, and without
// races (the preset tsan runs these).
#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "engine/backends/onednn/executable.h"
#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/onednn_backend.h"
#include "engine/backends/onednn/worker_threads.h"
#include "engine/graph/text.h"

namespace qbench::onednn {
namespace {

std::vector<float> some_values(std::int64_t count, std::uint32_t seed) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    seed = seed * 1664525 + 1013904223;
    values.push_back(static_cast<float>(seed >> 8) * 0x1p-23F - 1);
  }
  return values;
}

// What `run` gives with one thread, after seeing that it gives the same with more.
template <class Run>
auto same_with_threads(const Run& run) {
  const OpenMpThreads one(1);
  const auto expected = run();
  for (const int threads : {2, 3, 4}) {
    const OpenMpThreads more(threads);
    EXPECT_EQ(run(), expected) << threads;
  }
  return expected;
}

TEST(OwnLoops, MatrixTimesVector) {
  for (const std::int64_t outputs : {1, 7, 8, 9, 13, 16, 1000}) {
    for (const std::int64_t inputs : {1, 15, 100}) {
      const std::vector<float> weights = some_values(outputs * inputs, 1);
      const std::vector<float> x = some_values(inputs, 2);
      const std::vector<float> bias = some_values(outputs, 3);
      const std::vector<float> y = same_with_threads([&] {
        std::vector<float> out(static_cast<std::size_t>(outputs), 99.0F);
        kernels::matrix_times_vector(weights.data(), x.data(), bias.data(), outputs, inputs, {},
                                     out.data());
        return out;
      });
      for (std::int64_t o = 0; o < outputs; ++o) {
        double sum = bias[static_cast<std::size_t>(o)];
        for (std::int64_t i = 0; i < inputs; ++i)
          sum += static_cast<double>(weights[static_cast<std::size_t>(o * inputs + i)]) *
                 x[static_cast<std::size_t>(i)];
        ASSERT_NEAR(y[static_cast<std::size_t>(o)], sum, 1e-4) << outputs << " " << inputs;
      }
    }
  }
}

TEST(OwnLoops, Streams) {
  constexpr std::int64_t kCount = 5 * (1 << 14) + 3;  // several pieces, and not all alike
  const std::vector<float> values = some_values(kCount, 4);
  const auto bytes = same_with_threads([&] {
    std::vector<std::byte> out(kCount);
    kernels::convert(std::as_bytes(std::span(values)).data(), DType::f32, 100, kCount, out.data(),
                     DType::s8);
    return out;
  });
  EXPECT_EQ(std::to_integer<int>(bytes[5]) & 0xff,
            static_cast<int>(std::nearbyint(values[5] * 100)) & 0xff);
  same_with_threads([&] {
    std::vector<float> out(kCount);
    kernels::add(bytes.data(), {DType::s8, 0.5F}, bytes.data(), {DType::s8, 0.25F}, {}, 1, kCount,
                 reinterpret_cast<std::byte*>(out.data()), DType::f32);
    return out;
  });
  const kernels::ScaleShift work{.layout = {.outer = 3, .groups = 1, .inner = 1000, .block = 24}};
  const std::vector<float> scale = some_values(24, 5);
  same_with_threads([&] {
    std::vector<float> out(3 * 1000 * 24);
    kernels::scale_and_shift(work, values.data(), scale.data(), scale.data(),
                             reinterpret_cast<std::byte*>(out.data()));
    return out;
  });
}

TEST(WorkerThreads, DoTheJobAgainAndAgain) {
  std::vector<int> done(4);
  WorkerThreads workers(4, [&](int worker) { ++done[static_cast<std::size_t>(worker)]; });
  for (int round = 0; round < 50; ++round) workers.run();
  EXPECT_EQ(done, std::vector<int>(4, 50));
}

TEST(WorkerThreads, ThrowWhatOneOfThemThrew) {
  bool fails = true;
  WorkerThreads workers(3, [&](int worker) {
    if (fails && worker == 2) throw std::runtime_error("two");
  });
  EXPECT_THROW(workers.run(), std::runtime_error);
  fails = false;
  EXPECT_NO_THROW(workers.run());
}

TEST(Executable, OfASmallNetworkWorksOnSeveralThreads) {
  for (const std::int64_t batch : {1, 2, 5}) {
    const Graph graph = with_batch(parse_graph(R"(
      data = Input(shape=[1,3,20,20])
      k = Constant() : f32[16,3,3,3] values=random(1)
      conv = Convolution(data, k; padding=[1,1,1,1], activation=relu)
      d = Constant() : f32[16,1,3,3] values=random(2)
      deep = Convolution(conv, d; padding=[1,1,1,1], groups=16)
      q = Quantize(deep) : s8[1,16,20,20] scales=[0.02]
      w = Constant() : s8[24,16,1,1] scales=[0.01] values=random(3)
      point = Convolution(q, w; activation=relu) : u8[1,24,20,20] scales=[0.05]
      real = Dequantize(point)
      pool = Pool(real; kind=average, kernel=[4,4], stride=[4,4])
      f = Constant() : f32[13,600] values=random(4)
      fc = FullyConnected(pool, f)
      return fc)"),
                                   batch);
    const std::vector<float> in = some_values(batch * 3 * 20 * 20, 6);
    const auto run = [&](int threads) {
      CompileOptions options;
      options.threads = threads;
      const std::unique_ptr<Executable> executable = onednn_backend().compile(graph, options);
      std::vector<float> out(static_cast<std::size_t>(batch * 13));
      const std::span<const float> inputs[] = {in};
      const std::span<float> outputs[] = {out};
      for (int again = 0; again < 3; ++again) executable->run(inputs, outputs);
      return out;
    };
    const std::vector<float> expected = run(1);
    for (const int threads : {2, 4, 5}) {
      const std::vector<float> found = run(threads);
      for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-3);
    }
  }
}

}  // namespace
}  // namespace qbench::onednn
