// The ten figures of `shapes`, as signed distances: negative inside, in units of the figure's size.
#pragma once

#include <array>
#include <string_view>

namespace qbench {

struct Point {
  float x = 0;
  float y = 0;
};

struct Figure {
  std::string_view name;
  float (*distance)(Point p);  // to the outline of a figure that fits the unit circle, about
};

// Index = class number.
extern const std::array<Figure, 10> kFigures;

// Distance to the line from a to b; and to the rectangle around the origin with these half sides.
float distance_to_line(Point p, Point a, Point b);
float distance_to_box(Point p, float half_width, float half_height);

// Cosine and sine of `turns` of a full circle, as (x, y).
Point direction(float turns);

}  // namespace qbench
