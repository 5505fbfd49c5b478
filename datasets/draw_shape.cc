// Draws the images of `shapes` on a float canvas: ground, clutter, figure, occluders, then light,
// blur and noise. Only operations that IEEE 754 defines exactly are used, so that every machine
// draws the same pixels.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "datasets/figures.h"
#include "datasets/random.h"
#include "datasets/shapes.h"
#include "engine/core/quant_params.h"

namespace qbench {
namespace {

constexpr int kSize = 48;
constexpr auto kSizeF = static_cast<float>(kSize);

using Color = std::array<float, 3>;  // R, G, B in [0, 1]

Color mix(const Color& a, const Color& b, float t) {
  return {a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t};
}

float distance(const Color& a, const Color& b) {
  float sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return std::sqrt(sum);
}

Color random_color(Random& random) {
  return {random.uniform(0.05F, 0.95F), random.uniform(0.05F, 0.95F), random.uniform(0.05F, 0.95F)};
}

// A color at least `contrast` away from `ground`: there always is one below 0.7 or so.
Color contrasting_color(Random& random, const Color& ground, float contrast) {
  Color best = random_color(random);
  for (int i = 0; i < 20 && distance(best, ground) < contrast; ++i) {
    const Color color = random_color(random);
    if (distance(color, ground) > distance(best, ground)) best = color;
  }
  // Colors far from the ground are pulled back, so that low contrast is as common as high.
  const float d = distance(best, ground);
  return d > contrast ? mix(ground, best, contrast / d) : best;
}

class Canvas {
 public:
  Color& at(int x, int y) { return pixels_[static_cast<std::size_t>(y * kSize + x)]; }

  void blend(int x, int y, const Color& color, float alpha) {
    at(x, y) = mix(at(x, y), color, alpha);
  }

  template <class Function>  // Color function(x, y, old color)
  void map(Function function) {
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) at(x, y) = function(x, y, at(x, y));
    }
  }

 private:
  std::array<Color, std::size_t{kSize} * kSize> pixels_{};
};

// Smooth noise in [-1, 1]: random values on a grid, interpolated between.
class ValueNoise {
 public:
  ValueNoise(Random& random, float cell)
      : inverse_cell_(1 / cell), side_(static_cast<int>(kSizeF / cell) + 2) {
    values_.resize(static_cast<std::size_t>(side_ * side_));
    for (float& value : values_) value = random.uniform(-1, 1);
  }

  float at(int x, int y) const {
    const float u = static_cast<float>(x) * inverse_cell_;
    const float v = static_cast<float>(y) * inverse_cell_;
    const int i = static_cast<int>(u);
    const int j = static_cast<int>(v);
    const float s = u - static_cast<float>(i);
    const float t = v - static_cast<float>(j);
    const float* row = values_.data() + j * side_ + i;
    const float upper = row[0] + (row[1] - row[0]) * s;
    const float lower = row[side_] + (row[side_ + 1] - row[side_]) * s;
    return upper + (lower - upper) * t;
  }

 private:
  float inverse_cell_;
  int side_;
  std::vector<float> values_;
};

Color draw_ground(Canvas& canvas, Random& random) {
  const Color base = random_color(random);
  const Color other = contrasting_color(random, base, random.uniform(0.05F, 0.45F));
  const ValueNoise coarse(random, random.uniform(9, 20));
  const ValueNoise fine(random, random.uniform(2.5F, 6));
  const float fine_share = random.uniform(0, 0.5F);
  const bool striped = random.chance(0.3F);
  const Point across = direction(random.uniform());
  const float period = random.uniform(4, 14);
  const float stripe_share = striped ? random.uniform(0.15F, 0.45F) : 0;
  canvas.map([&](int x, int y, const Color&) {
    const float noise = coarse.at(x, y) * (1 - fine_share) + fine.at(x, y) * fine_share;
    const float phase =
        (static_cast<float>(x) * across.x + static_cast<float>(y) * across.y) / period;
    const float wave = 4 * std::fabs(phase - std::floor(phase) - 0.5F) - 1;
    return mix(base, other, 0.5F + 0.7F * noise + stripe_share * wave);
  });
  return mix(base, other, 0.5F);
}

// A line with round ends, or a disc when it is short.
void draw_stroke(Canvas& canvas, Random& random, const Color& color, float min_width,
                 float max_width, float max_length) {
  const Point a{random.uniform(0, kSizeF), random.uniform(0, kSizeF)};
  const Point way = direction(random.uniform());
  const float length = random.uniform(0, max_length);
  const Point b{a.x + way.x * length, a.y + way.y * length};
  const float radius = random.uniform(min_width, max_width) / 2;
  const float alpha = random.uniform(0.6F, 1);
  const auto first = [&](float p, float q) {
    return std::max(0, static_cast<int>(std::min(p, q) - radius - 1));
  };
  const auto last = [&](float p, float q) {
    return std::min(kSize - 1, static_cast<int>(std::max(p, q) + radius + 1));
  };
  for (int y = first(a.y, b.y); y <= last(a.y, b.y); ++y) {
    for (int x = first(a.x, b.x); x <= last(a.x, b.x); ++x) {
      const Point p{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F};
      const float coverage = std::clamp(radius - distance_to_line(p, a, b) + 0.5F, 0.0F, 1.0F);
      if (coverage > 0) canvas.blend(x, y, color, alpha * coverage);
    }
  }
}

void draw_figure(Canvas& canvas, Random& random, const Figure& figure, const Color& ground) {
  const float scale = random.uniform(9.5F, 20);
  const float stretch = random.uniform(0.88F, 1.14F);
  const float scale_x = scale * stretch;
  const float scale_y = scale / stretch;
  const float margin = std::max(0.85F * scale, 6.0F);
  const Point center{random.uniform(margin, kSizeF - margin),
                     random.uniform(margin, kSizeF - margin)};
  const Point turn = direction(random.uniform());
  const Point tilt = direction(random.uniform());  // the direction in which the figure is stretched
  const float contrast = random.uniform(0.24F, 0.8F);
  const Color color = contrasting_color(random, ground, contrast);
  const Color shade = mix(color, random_color(random), random.uniform(0, 0.3F));
  const ValueNoise texture(random, random.uniform(4, 12));
  const float opacity = random.uniform(0.75F, 1);
  const float reach = scale * 1.35F + 1;
  const auto bound = [&](float value) { return std::clamp(static_cast<int>(value), 0, kSize - 1); };
  for (int y = bound(center.y - reach); y <= bound(center.y + reach); ++y) {
    for (int x = bound(center.x - reach); x <= bound(center.x + reach); ++x) {
      const Point d{static_cast<float>(x) + 0.5F - center.x,
                    static_cast<float>(y) + 0.5F - center.y};
      const Point s{(d.x * tilt.x + d.y * tilt.y) / scale_x,
                    (d.y * tilt.x - d.x * tilt.y) / scale_y};
      const Point p{s.x * turn.x + s.y * turn.y, s.y * turn.x - s.x * turn.y};
      const float coverage = std::clamp(0.5F - figure.distance(p) * scale, 0.0F, 1.0F);
      if (coverage > 0) {
        canvas.blend(x, y, mix(color, shade, 0.5F + 0.5F * texture.at(x, y)), opacity * coverage);
      }
    }
  }
}

// Averages each pixel with its neighbours, weights 1-2-1 in each direction.
void blur(Canvas& canvas) {
  const auto pass = [&](bool rows) {
    std::array<Color, kSize> line;
    for (int i = 0; i < kSize; ++i) {
      const auto pixel = [&](int j) -> Color& { return rows ? canvas.at(j, i) : canvas.at(i, j); };
      for (int j = 0; j < kSize; ++j) line[static_cast<std::size_t>(j)] = pixel(j);
      for (int j = 0; j < kSize; ++j) {
        const Color& before = line[static_cast<std::size_t>(std::max(j - 1, 0))];
        const Color& after = line[static_cast<std::size_t>(std::min(j + 1, kSize - 1))];
        pixel(j) = mix(line[static_cast<std::size_t>(j)], mix(before, after, 0.5F), 0.5F);
      }
    }
  };
  pass(true);
  pass(false);
}

Image photograph(Canvas& canvas, Random& random) {
  const auto blurs = static_cast<int>(random.below(3));
  for (int i = 0; i < blurs; ++i) blur(canvas);
  const Point light = direction(random.uniform());
  const float fall = random.uniform(0, 0.35F);
  const float noise =
      random.chance(0.7F) ? random.uniform(0.01F, 0.05F) : random.uniform(0.05F, 0.11F);
  Image image(kSize, kSize);
  std::uint8_t* out = image.pixels.data();
  canvas.map([&](int x, int y, const Color& color) {
    const float across =
        (static_cast<float>(x) * light.x + static_cast<float>(y) * light.y) / kSizeF;
    const float gain = 1 + fall * (across - 0.25F);
    for (const float value : color) {
      *out++ = quantize_value<std::uint8_t>(255 * (value * gain + noise * random.normal()));
    }
    return color;
  });
  return image;
}

}  // namespace

DrawnShape draw_shape(ShapesPart part, std::uint64_t seed, std::int64_t index) {
  const std::uint64_t stream = Random::mix(2 * seed + (part == ShapesPart::train ? 1 : 0));
  Random random(Random::mix(stream + static_cast<std::uint64_t>(index)));
  const int label = static_cast<int>(random.below(static_cast<std::uint32_t>(kFigures.size())));

  Canvas canvas;
  const Color ground = draw_ground(canvas, random);
  const auto clutter = random.below(5);
  for (std::uint32_t i = 0; i < clutter; ++i) {
    draw_stroke(canvas, random, contrasting_color(random, ground, random.uniform(0.1F, 0.5F)), 1.5F,
                5, 24);
  }
  draw_figure(canvas, random, kFigures[static_cast<std::size_t>(label)], ground);
  const auto occluders = random.below(3);
  for (std::uint32_t i = 0; i < occluders; ++i) {
    draw_stroke(canvas, random, contrasting_color(random, ground, random.uniform(0, 0.5F)), 2, 6,
                36);
  }
  return {photograph(canvas, random), label};
}

}  // namespace qbench
