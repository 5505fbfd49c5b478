#include "engine/backends/onednn/int8_convolution.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include "engine/backends/onednn/parallel.h"
#include "engine/core/isa.h"

#if defined(__x86_64__)
#include "engine/backends/onednn/int8_tile.h"
#endif

namespace qbench::onednn::kernels {

#if defined(__x86_64__)

namespace {

constexpr std::int64_t kBlock = kBlockVectors * kLanes;

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// Products are added four neighbouring bytes at a time. Where kernel columns are neighbours in
// memory a tap is a whole kernel row; where a tap is no multiple of four the rest meets weights of
// zero.
struct Taps {
  std::int64_t rows, columns;
  std::int64_t bytes;   // of one tap's data
  std::int64_t padded;  // to a multiple of four

  explicit Taps(const Int8Convolution& c)
      : rows(c.kernel.h),
        columns(c.dilation.w == 1 ? 1 : c.kernel.w),
        bytes(c.channels * (c.dilation.w == 1 ? c.kernel.w : 1)),
        padded(round_up(bytes, 4)) {}
  std::int64_t count() const { return rows * columns; }
};

// Signed data, padding, and taps that would reach behind the last pixel are copied first.
bool needs_copy(const Int8Convolution& c) {
  const Taps taps(c);
  return c.data == DType::s8 || c.padding != Padding2d{} || taps.padded != taps.bytes;
}

struct PaddedImage {
  std::int64_t h, w;
  explicit PaddedImage(const Int8Convolution& c)
      : h(c.in_h + c.padding.top + c.padding.bottom),
        w(c.in_w + c.padding.left + c.padding.right) {}
};

// What is added to signed data to make it unsigned; sums start at minus that times the weights.
constexpr std::int32_t kSignedShift = 128;

void copy_padded(const Int8Convolution& c, const std::byte* image, std::byte* to) {
  const auto flip = c.data == DType::s8 ? std::byte{kSignedShift} : std::byte{0};
  const PaddedImage padded(c);
  const std::int64_t pitch = padded.w * c.channels;
  parallel_for(padded.h, [&](std::int64_t row) {
    std::byte* out = to + row * pitch;
    const std::int64_t h = row - c.padding.top;
    if (h < 0 || h >= c.in_h) {
      std::fill_n(out, pitch, flip);
      return;
    }
    const std::int64_t left = c.padding.left * c.channels;
    const std::int64_t inside = c.in_w * c.channels;
    const std::byte* in = image + h * inside;
    std::fill_n(out, left, flip);
    for (std::int64_t i = 0; i < inside; ++i) out[left + i] = in[i] ^ flip;
    std::fill_n(out + left + inside, c.padding.right * c.channels, flip);
  });
}

int vectors_of(std::int64_t outputs) {
  return static_cast<int>(round_up(std::min(outputs, kBlock), kLanes) / kLanes);
}

std::int64_t block_bytes(const Int8Convolution& c, int vectors) {
  const Taps taps(c);
  return (taps.count() * taps.padded / 4 + 3) * vectors * 64;
}

std::int64_t output_at(const Int8Convolution& c, int vectors, std::int64_t vector,
                       std::int64_t element) {
  return c.result == DType::f32 ? vector * kLanes + element : lane_output(vectors, vector, element);
}

using TilesFunction = void (*)(const TileWork&, const TileBlock&, const std::uint8_t* const*,
                               std::int64_t, const std::byte*, std::byte*);
using TilesFunctions = std::array<TilesFunction, kBlockVectors>;  // by vectors - 1
template <Ending ending>
constexpr TilesFunctions kTiles{tiles<ending, 1>, tiles<ending, 2>, tiles<ending, 3>,
                                tiles<ending, 4>};

const TilesFunctions& tiles_of(const Int8Convolution& c) {
  switch (c.result) {
    case DType::u8:
      if (!c.residual) return kTiles<Ending{DType::u8, Addend::none}>;
      return *c.residual == DType::u8 ? kTiles<Ending{DType::u8, Addend::u8}>
                                      : kTiles<Ending{DType::u8, Addend::s8}>;
    case DType::s8:
      return kTiles<Ending{DType::s8, Addend::none}>;
    default:
      return c.residual ? kTiles<Ending{DType::f32, Addend::f32}>
                        : kTiles<Ending{DType::f32, Addend::none}>;
  }
}

struct Range {
  std::int64_t begin, end;
  std::int64_t size() const { return end - begin; }
  // The i-th of n parts, as equal as they can be.
  Range part(std::int64_t i, std::int64_t n) const {
    return {begin + size() * i / n, begin + size() * (i + 1) / n};
  }
};

// The results of one image.
class Image {
 public:
  Image(const Int8Convolution& c, const std::byte* data, const std::byte* packed,
        const std::byte* residual, std::byte* out)
      : c_(c),
        tiles_(tiles_of(c)),
        data_(data),
        packed_(packed),
        residual_(residual == nullptr ? out : residual),  // not looked at
        out_(out) {
    const Taps taps(c);
    row_ = (needs_copy(c) ? PaddedImage(c).w : c.in_w) * c.channels;
    work_ = {.rows = taps.rows,
             .columns = taps.columns,
             .row_bytes = c.dilation.h * row_,
             .column_bytes = c.dilation.w * c.channels,
             .tap_bytes = taps.padded,
             .pitch = c.outputs * element_,
             .residual_scale = c.residual_scale,
             .clips = c.clips,
             .low = c.low,
             .high = c.high};
  }

  void run() const {
    const Range pixels{0, c_.out_h * c_.out_w};
    const Range blocks{0, (c_.outputs + kBlock - 1) / kBlock};
    const std::int64_t threads = omp_get_max_threads();
    // Weights are read once by each thread that has pixels of its own.
    const bool by_pixels = pixels.size() >= 4 * kTilePixels * threads || blocks.size() < threads;
    parallel_for(threads, [&](std::int64_t i) {
      run(by_pixels ? pixels.part(i, threads) : pixels,
          by_pixels ? blocks : blocks.part(i, threads));
    });
  }

 private:
  // As many pixels at a time as keep their data close while one block of weights after the other
  // passes.
  static constexpr std::int64_t kTogether = 16 * kTilePixels;

  void run(Range pixels, Range blocks) const {
    const std::int64_t groups = (pixels.size() + kTogether - 1) / kTogether;
    for (std::int64_t g = 0; g < groups; ++g) {
      const Range group = pixels.part(g, groups);
      std::array<const std::uint8_t*, kTogether> data;
      for (std::int64_t i = 0; i < group.size(); ++i)
        data[static_cast<std::size_t>(i)] = first_tap(group.begin + i);
      for (std::int64_t b = blocks.begin; b < blocks.end; ++b) run_block(group, data.data(), b);
    }
  }

  const std::uint8_t* first_tap(std::int64_t pixel) const {
    const std::int64_t h = pixel / c_.out_w * c_.stride.h;
    const std::int64_t w = pixel % c_.out_w * c_.stride.w;
    return reinterpret_cast<const std::uint8_t*>(data_ + h * row_ + w * c_.channels);
  }

  void run_block(Range pixels, const std::uint8_t* const* data, std::int64_t number) const {
    const std::int64_t first = number * kBlock;
    const int vectors = vectors_of(c_.outputs - first);
    const std::byte* packed = packed_ + number * block_bytes(c_, kBlockVectors);
    const TileBlock block{.packed = packed,
                          .tail = packed + block_bytes(c_, vectors) - 3 * vectors * 64,
                          .outputs = std::min(kBlock, c_.outputs - first)};
    const std::int64_t at = pixels.begin * work_.pitch + first * element_;
    tiles_[static_cast<std::size_t>(vectors - 1)](work_, block, data, pixels.size(), residual_ + at,
                                                  out_ + at);
  }

  const Int8Convolution& c_;
  const TilesFunctions& tiles_;
  std::int64_t element_ = static_cast<std::int64_t>(size_of(c_.result));  // bytes of a result
  const std::byte* data_;
  const std::byte* packed_;
  const std::byte* residual_;
  std::byte* out_;
  std::int64_t row_;  // bytes of one row of data
  TileWork work_;
};

}  // namespace

bool has_int8_convolution() { return isa() >= Isa::avx512_vnni; }

std::vector<std::byte> pack_int8_convolution(const Int8Convolution& c,
                                             std::span<const std::int8_t> weights,
                                             std::span<const float> scales,
                                             std::span<const float> biases) {
  const Taps taps(c);
  const std::int64_t columns = c.kernel.w / taps.columns;  // of one tap
  const std::int64_t area = c.kernel.h * c.kernel.w;
  std::vector<std::byte> packed;
  const auto append = [&](const auto& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    packed.insert(packed.end(), bytes, bytes + sizeof(value));
  };
  for (std::int64_t first = 0; first < c.outputs; first += kBlock) {
    const int vectors = vectors_of(c.outputs - first);
    // Calls with each output of the block in its order, those beyond the last one too.
    const auto each_output = [&](const auto& function) {
      for (std::int64_t i = 0; i < vectors * kLanes; ++i)
        function(first + output_at(c, vectors, i / kLanes, i % kLanes));
    };
    for (std::int64_t tap = 0; tap < taps.count(); ++tap) {
      for (std::int64_t step = 0; step < taps.padded; step += 4) {
        each_output([&](std::int64_t o) {
          for (std::int64_t byte = step; byte < step + 4; ++byte) {
            const std::int64_t kernel_column = tap % taps.columns * columns + byte / c.channels;
            const std::int64_t position = tap / taps.columns * c.kernel.w + kernel_column;
            const bool real = o < c.outputs && byte < taps.bytes;
            append(real ? weights[static_cast<std::size_t>(
                              (o * c.channels + byte % c.channels) * area + position)]
                        : std::int8_t{0});
          }
        });
      }
    }
    each_output([&](std::int64_t o) {
      std::int32_t sum = 0;
      const std::int64_t of_one = c.channels * area;
      for (std::int64_t i = o * of_one; o < c.outputs && i < (o + 1) * of_one; ++i)
        sum += weights[static_cast<std::size_t>(i)];
      append(c.data == DType::s8 ? -kSignedShift * sum : 0);
    });
    for (const std::span<const float> values : {biases, scales}) {
      each_output([&](std::int64_t o) {
        append(o < c.outputs ? values[static_cast<std::size_t>(o)] : 0.0F);
      });
    }
  }
  return packed;
}

std::size_t int8_convolution_scratch(const Int8Convolution& c) {
  if (!needs_copy(c)) return 0;
  const PaddedImage padded(c);
  return static_cast<std::size_t>(padded.h * padded.w * c.channels) + 4;  // a tap's rest
}

void int8_convolution(const Int8Convolution& c, const std::byte* in, const std::byte* packed,
                      const std::byte* residual, std::byte* scratch, std::byte* out) {
  const std::int64_t results =
      c.out_h * c.out_w * c.outputs * static_cast<std::int64_t>(size_of(c.result));
  for (std::int64_t image = 0; image < c.images; ++image) {
    const std::byte* data = in + image * c.in_h * c.in_w * c.channels;
    if (needs_copy(c)) {
      copy_padded(c, data, scratch);
      data = scratch;
    }
    Image(c, data, packed, residual == nullptr ? nullptr : residual + image * results,
          out + image * results)
        .run();
  }
}

#else

bool has_int8_convolution() { return false; }
std::vector<std::byte> pack_int8_convolution(const Int8Convolution&, std::span<const std::int8_t>,
                                             std::span<const float>, std::span<const float>) {
  return {};
}
std::size_t int8_convolution_scratch(const Int8Convolution&) { return 0; }
void int8_convolution(const Int8Convolution&, const std::byte*, const std::byte*, const std::byte*,
                      std::byte*, std::byte*) {}

#endif

}  // namespace qbench::onednn::kernels
