#include "datasets/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace qbench {
namespace {

float length(Point p) { return std::sqrt(p.x * p.x + p.y * p.y); }

// Inigo Quilez's distance to a polygon: the nearest edge, with the sign of the winding number.
float distance_to_polygon(Point p, std::span<const Point> corners) {
  float nearest = std::numeric_limits<float>::max();
  bool inside = false;
  Point a = corners.back();
  for (const Point b : corners) {
    const Point edge{b.x - a.x, b.y - a.y};
    const Point w{p.x - a.x, p.y - a.y};
    const float along = (w.x * edge.x + w.y * edge.y) / (edge.x * edge.x + edge.y * edge.y);
    const float t = std::clamp(along, 0.0F, 1.0F);
    const Point off{w.x - edge.x * t, w.y - edge.y * t};
    nearest = std::min(nearest, off.x * off.x + off.y * off.y);
    if ((a.y > p.y) != (b.y > p.y) && (edge.x * w.y < edge.y * w.x) == (edge.y > 0))
      inside = !inside;
    a = b;
  }
  return inside ? -std::sqrt(nearest) : std::sqrt(nearest);
}

float circle(Point p) { return length(p) - 0.88F; }
float ring(Point p) { return std::fabs(length(p) - 0.70F) - 0.20F; }
float square(Point p) { return distance_to_box(p, 0.76F, 0.76F); }
float frame(Point p) { return std::fabs(distance_to_box(p, 0.60F, 0.60F)) - 0.17F; }

float triangle(Point p) {
  static constexpr std::array<Point, 3> kCorners{Point{0, 1}, Point{-0.8660254F, -0.5F},
                                                 Point{0.8660254F, -0.5F}};
  return distance_to_polygon(p, kCorners);
}

float cross(Point p) {
  return std::min(distance_to_box(p, 0.95F, 0.29F), distance_to_box(p, 0.29F, 0.95F));
}

float star(Point p) {
  static const std::array<Point, 10> kCorners = [] {
    std::array<Point, 10> corners;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const float radius = i % 2 == 0 ? 1.05F : 0.46F;
      const Point d = direction(static_cast<float>(i) / 10.0F);
      corners[i] = {radius * d.x, radius * d.y};
    }
    return corners;
  }();
  return distance_to_polygon(p, kCorners);
}

float crescent(Point p) { return std::max(length(p) - 0.92F, 0.74F - length({p.x - 0.46F, p.y})); }

float arrow(Point p) {
  static constexpr std::array<Point, 7> kCorners{
      Point{1, 0},           Point{0.05F, 0.8F},   Point{0.05F, 0.27F}, Point{-0.95F, 0.27F},
      Point{-0.95F, -0.27F}, Point{0.05F, -0.27F}, Point{0.05F, -0.8F}};
  return distance_to_polygon(p, kCorners);
}

float pentagon(Point p) {
  static constexpr std::array<Point, 5> kCorners{
      Point{0, 0.98F}, Point{-0.9320354F, 0.3028367F}, Point{-0.5760295F, -0.7928367F},
      Point{0.5760295F, -0.7928367F}, Point{0.9320354F, 0.3028367F}};
  return distance_to_polygon(p, kCorners);
}

}  // namespace

const std::array<Figure, 10> kFigures{
    Figure{"circle", circle},     Figure{"ring", ring},         Figure{"square", square},
    Figure{"frame", frame},       Figure{"triangle", triangle}, Figure{"cross", cross},
    Figure{"star", star},         Figure{"crescent", crescent}, Figure{"arrow", arrow},
    Figure{"pentagon", pentagon},
};

float distance_to_line(Point p, Point a, Point b) {
  const Point edge{b.x - a.x, b.y - a.y};
  const Point w{p.x - a.x, p.y - a.y};
  const float squared = edge.x * edge.x + edge.y * edge.y;
  const float t =
      squared == 0 ? 0 : std::clamp((w.x * edge.x + w.y * edge.y) / squared, 0.0F, 1.0F);
  return length({w.x - edge.x * t, w.y - edge.y * t});
}

float distance_to_box(Point p, float half_width, float half_height) {
  const Point d{std::fabs(p.x) - half_width, std::fabs(p.y) - half_height};
  return length({std::max(d.x, 0.0F), std::max(d.y, 0.0F)}) + std::min(std::max(d.x, d.y), 0.0F);
}

Point direction(float turns) {
  constexpr double kTau = 6.283185307179586;
  const double whole = std::floor(static_cast<double>(turns) * 4 + 0.5);
  const double x = (static_cast<double>(turns) - whole / 4) * kTau;  // in [-pi/4, pi/4]
  const double x2 = x * x;
  const auto cos = static_cast<float>(1 - x2 / 2 * (1 - x2 / 12 * (1 - x2 / 30 * (1 - x2 / 56))));
  const auto sin =
      static_cast<float>(x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72)))));
  switch (static_cast<int>(whole) & 3) {
    case 0:
      return {cos, sin};
    case 1:
      return {-sin, cos};
    case 2:
      return {-cos, -sin};
    default:
      return {sin, -cos};
  }
}

}  // namespace qbench
