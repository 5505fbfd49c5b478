// A float canvas and what the embedded sets draw on it: ground, strokes, figures; then light, blur
// and noise. Only operations that IEEE 754 defines exactly are used, so that every machine draws
// the same pixels. Lengths are in pixels.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "datasets/figures.h"
#include "datasets/image.h"
#include "datasets/random.h"

namespace qbench {

using Color = std::array<float, 3>;  // R, G, B in [0, 1]

Color mix(const Color& a, const Color& b, float t);

// A color at least `contrast` away from `ground`: there always is one below 0.7 or so.
Color contrasting_color(Random& random, const Color& ground, float contrast);

class Canvas {
 public:
  explicit Canvas(int size) : size_(size), pixels_(static_cast<std::size_t>(size * size)) {}

  int size() const { return size_; }  // of each side
  Color& at(int x, int y) { return pixels_[static_cast<std::size_t>(y * size_ + x)]; }

  void blend(int x, int y, const Color& color, float alpha) {
    at(x, y) = mix(at(x, y), color, alpha);
  }

  template <class Function>  // Color function(x, y, old color)
  void map(Function function) {
    for (int y = 0; y < size_; ++y) {
      for (int x = 0; x < size_; ++x) at(x, y) = function(x, y, at(x, y));
    }
  }

 private:
  int size_;
  std::vector<Color> pixels_;
};

struct Interval {
  float low;
  float high;

  float pick(Random& random) const { return random.uniform(low, high); }
};

// Where a figure is drawn, and how large.
struct Pose {
  float scale = 0;  // radius of the figure, about
  Point stretched;  // the same along and across `tilt`
  Point center;
  Point turn;  // directions
  Point tilt;
};
Pose random_pose(Random& random, int canvas_size, Interval scale);

template <class Function>  // void function(x, y)
void for_pixels_near(const Pose& pose, int canvas_size, Function function) {
  const float reach = pose.scale * 1.35F + 1;
  const auto bound = [&](float value) {
    return std::clamp(static_cast<int>(value), 0, canvas_size - 1);
  };
  for (int y = bound(pose.center.y - reach); y <= bound(pose.center.y + reach); ++y) {
    for (int x = bound(pose.center.x - reach); x <= bound(pose.center.x + reach); ++x)
      function(x, y);
  }
}

// Fills the canvas with noise and perhaps stripes between two colors; returns their mean.
Color draw_ground(Canvas& canvas, Random& random);

// A line with round ends, or a disc when it is short.
void draw_stroke(Canvas& canvas, Random& random, const Color& color, Interval width,
                 float max_length);

void draw_figure(Canvas& canvas, Random& random, const Figure& figure, const Pose& pose,
                 const Color& ground, Interval contrast);

// How much of pixel (x, y) the figure covers, in [0, 1].
float figure_coverage(const Figure& figure, const Pose& pose, int x, int y);

Image image_of(Canvas& canvas);

// Lights the canvas unevenly, blurs it and adds noise.
Image photograph(Canvas& canvas, Random& random);

}  // namespace qbench
