#include "datasets/canvas.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/quant_params.h"

namespace qbench {
namespace {

float distance(const Color& a, const Color& b) {
  float sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return std::sqrt(sum);
}

Color random_color(Random& random) {
  return {random.uniform(0.05F, 0.95F), random.uniform(0.05F, 0.95F), random.uniform(0.05F, 0.95F)};
}

// Smooth noise in [-1, 1]: random values on a grid, interpolated between.
class ValueNoise {
 public:
  ValueNoise(Random& random, int size, float cell)
      : inverse_cell_(1 / cell), side_(static_cast<int>(static_cast<float>(size) / cell) + 2) {
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

// Averages each pixel with its neighbours, weights 1-2-1 in each direction.
void blur(Canvas& canvas) {
  const auto pass = [&](bool rows) {
    std::vector<Color> line(static_cast<std::size_t>(canvas.size()));
    for (int i = 0; i < canvas.size(); ++i) {
      const auto pixel = [&](int j) -> Color& { return rows ? canvas.at(j, i) : canvas.at(i, j); };
      for (int j = 0; j < canvas.size(); ++j) line[static_cast<std::size_t>(j)] = pixel(j);
      for (int j = 0; j < canvas.size(); ++j) {
        const Color& before = line[static_cast<std::size_t>(std::max(j - 1, 0))];
        const Color& after = line[static_cast<std::size_t>(std::min(j + 1, canvas.size() - 1))];
        pixel(j) = mix(line[static_cast<std::size_t>(j)], mix(before, after, 0.5F), 0.5F);
      }
    }
  };
  pass(true);
  pass(false);
}

}  // namespace

Color mix(const Color& a, const Color& b, float t) {
  return {a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t};
}

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

Color draw_ground(Canvas& canvas, Random& random) {
  const Color base = random_color(random);
  const Color other = contrasting_color(random, base, random.uniform(0.05F, 0.45F));
  const ValueNoise coarse(random, canvas.size(), random.uniform(9, 20));
  const ValueNoise fine(random, canvas.size(), random.uniform(2.5F, 6));
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

void draw_stroke(Canvas& canvas, Random& random, const Color& color, Interval width,
                 float max_length) {
  const auto size = static_cast<float>(canvas.size());
  const Point a{random.uniform(0, size), random.uniform(0, size)};
  const Point way = direction(random.uniform());
  const float length = random.uniform(0, max_length);
  const Point b{a.x + way.x * length, a.y + way.y * length};
  const float radius = width.pick(random) / 2;
  const float alpha = random.uniform(0.6F, 1);
  const auto first = [&](float p, float q) {
    return std::max(0, static_cast<int>(std::min(p, q) - radius - 1));
  };
  const auto last = [&](float p, float q) {
    return std::min(canvas.size() - 1, static_cast<int>(std::max(p, q) + radius + 1));
  };
  for (int y = first(a.y, b.y); y <= last(a.y, b.y); ++y) {
    for (int x = first(a.x, b.x); x <= last(a.x, b.x); ++x) {
      const Point p{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F};
      const float coverage = std::clamp(radius - distance_to_line(p, a, b) + 0.5F, 0.0F, 1.0F);
      if (coverage > 0) canvas.blend(x, y, color, alpha * coverage);
    }
  }
}

Pose random_pose(Random& random, int canvas_size, Interval scale) {
  const auto size = static_cast<float>(canvas_size);
  Pose pose;
  pose.scale = scale.pick(random);
  const float stretch = random.uniform(0.88F, 1.14F);
  pose.stretched = {pose.scale * stretch, pose.scale / stretch};
  const float margin = std::max(0.85F * pose.scale, 6.0F);
  pose.center.x = random.uniform(margin, size - margin);
  pose.center.y = random.uniform(margin, size - margin);
  pose.turn = direction(random.uniform());
  pose.tilt = direction(random.uniform());
  return pose;
}

float figure_coverage(const Figure& figure, const Pose& pose, int x, int y) {
  const Point d{static_cast<float>(x) + 0.5F - pose.center.x,
                static_cast<float>(y) + 0.5F - pose.center.y};
  const Point s{(d.x * pose.tilt.x + d.y * pose.tilt.y) / pose.stretched.x,
                (d.y * pose.tilt.x - d.x * pose.tilt.y) / pose.stretched.y};
  const Point p{s.x * pose.turn.x + s.y * pose.turn.y, s.y * pose.turn.x - s.x * pose.turn.y};
  return std::clamp(0.5F - figure.distance(p) * pose.scale, 0.0F, 1.0F);
}

void draw_figure(Canvas& canvas, Random& random, const Figure& figure, const Pose& pose,
                 const Color& ground, Interval contrast) {
  const Color color = contrasting_color(random, ground, contrast.pick(random));
  const Color shade = mix(color, random_color(random), random.uniform(0, 0.3F));
  const ValueNoise texture(random, canvas.size(), random.uniform(4, 12));
  const float opacity = random.uniform(0.75F, 1);
  for_pixels_near(pose, canvas.size(), [&](int x, int y) {
    const float coverage = figure_coverage(figure, pose, x, y);
    if (coverage > 0) {
      canvas.blend(x, y, mix(color, shade, 0.5F + 0.5F * texture.at(x, y)), opacity * coverage);
    }
  });
}

Image image_of(Canvas& canvas) {
  Image image(canvas.size(), canvas.size());
  std::uint8_t* out = image.pixels.data();
  canvas.map([&](int, int, const Color& color) {
    for (const float value : color) *out++ = quantize_value<std::uint8_t>(255 * value);
    return color;
  });
  return image;
}

Image photograph(Canvas& canvas, Random& random) {
  const auto blurs = static_cast<int>(random.below(3));
  for (int i = 0; i < blurs; ++i) blur(canvas);
  const Point light = direction(random.uniform());
  const float fall = random.uniform(0, 0.35F);
  const float noise =
      random.chance(0.7F) ? random.uniform(0.01F, 0.05F) : random.uniform(0.05F, 0.11F);
  const auto size = static_cast<float>(canvas.size());
  canvas.map([&](int x, int y, Color color) {
    const float across = (static_cast<float>(x) * light.x + static_cast<float>(y) * light.y) / size;
    const float gain = 1 + fall * (across - 0.25F);
    for (float& value : color) value = value * gain + noise * random.normal();
    return color;
  });
  return image_of(canvas);
}

}  // namespace qbench
