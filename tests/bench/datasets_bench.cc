// Micro-benchmarks of the way from a stored image to a network's input.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "datasets/image_record.h"
#include "datasets/shapes.h"
#include "datasets/transform.h"

namespace qbench {
namespace {

// A smooth picture with some texture, of the size of ImageNet's validation records.
Image photograph() {
  Image image(256, 341);
  for (int y = 0; y < image.height; ++y) {
    for (int i = 0; i < 3 * image.width; ++i) {
      const double wave = std::sin(i * 0.017) + std::cos(y * 0.07) + 0.3 * std::sin(i * y * 0.003);
      image.row(y)[i] = static_cast<std::uint8_t>(128 + 50 * wave);
    }
  }
  return image;
}

void count_images(benchmark::State& state) {
  state.counters["images/s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void decode_jpeg(benchmark::State& state) {
  const std::vector<std::byte> encoded = encode_jpeg(photograph(), 90);
  for (auto _ : state) benchmark::DoNotOptimize(decode_image(encoded));
  count_images(state);
}
BENCHMARK(decode_jpeg);

void jpeg_to_input(benchmark::State& state, Preprocess preprocess) {
  const std::vector<std::byte> encoded = encode_jpeg(photograph(), 90);
  std::vector<float> input(preprocess.elements());
  for (auto _ : state) preprocess_image(encoded, preprocess, input);
  count_images(state);
}
BENCHMARK_CAPTURE(jpeg_to_input, crop224, Preprocess{});
BENCHMARK_CAPTURE(jpeg_to_input, enlarged299, Preprocess{.height = 299, .width = 299});
BENCHMARK_CAPTURE(jpeg_to_input, stretched300,
                  Preprocess{.height = 300, .width = 300, .fit = Fit::stretch});

void parse_record(benchmark::State& state) {
  const std::vector<std::byte> payload =
      make_image_record({.encoded = encode_jpeg(photograph(), 90), .label = {7}, .id = 1});
  for (auto _ : state) benchmark::DoNotOptimize(parse_image_record(payload));
  count_images(state);
}
BENCHMARK(parse_record);

void draw(benchmark::State& state) {
  std::int64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(draw_shape(ShapesPart::val, 0, index++));
  count_images(state);
}
BENCHMARK(draw);

}  // namespace
}  // namespace qbench

BENCHMARK_MAIN();
