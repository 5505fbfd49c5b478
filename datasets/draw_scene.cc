// The images of `shapes-det`: ground, clutter, figures that may hide each other, thin occluders.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "datasets/canvas.h"
#include "datasets/figures.h"
#include "datasets/random.h"
#include "datasets/shapes.h"

namespace qbench {
namespace {

constexpr int kSize = 128;
constexpr std::uint32_t kMostFigures = 4;
constexpr Interval kScale{11, 34};
constexpr float kOverlapChance = 0.3F;
constexpr int kPlacements = 12;         // tried to keep figures apart
constexpr float kLeastVisible = 0.65F;  // of a figure that is not difficult

struct Placed {
  int label = 0;
  Pose pose;
};

bool apart(const Pose& a, const Pose& b) {
  const float x = a.center.x - b.center.x;
  const float y = a.center.y - b.center.y;
  return std::sqrt(x * x + y * y) > 0.9F * (a.scale + b.scale);
}

std::vector<Placed> place_figures(Random& random) {
  std::vector<Placed> figures(1 + random.below(kMostFigures));
  for (std::size_t i = 0; i < figures.size(); ++i) {
    Placed& figure = figures[i];
    figure.label = static_cast<int>(random.below(kDetectionClasses));
    const bool anywhere = random.chance(kOverlapChance);
    for (int tried = 0; tried < kPlacements; ++tried) {
      figure.pose = random_pose(random, kSize, kScale);
      const auto clear = [&](const Placed& other) { return apart(figure.pose, other.pose); };
      if (anywhere || std::all_of(figures.data(), figures.data() + i, clear)) break;
    }
  }
  return figures;
}

// The boxes around the figures, hidden parts included, as if drawn in this order.
std::vector<GroundTruthBox> boxes_around(const std::vector<Placed>& figures) {
  constexpr std::size_t kNone = kMostFigures;
  std::array<std::size_t, std::size_t{kSize} * kSize> owner;  // the figure seen at each pixel
  owner.fill(kNone);
  std::array<int, kMostFigures> covered{};
  std::vector<GroundTruthBox> boxes;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const int label = figures[i].label;
    const Pose& pose = figures[i].pose;
    int left = kSize;
    int top = kSize;
    int right = 0;
    int bottom = 0;
    for_pixels_near(pose, kSize, [&](int x, int y) {
      if (figure_coverage(kFigures[static_cast<std::size_t>(label)], pose, x, y) < 0.5F) return;
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x + 1);
      bottom = std::max(bottom, y + 1);
      ++covered[i];
      owner[static_cast<std::size_t>(y * kSize + x)] = i;
    });
    const auto part = [](int pixels) { return static_cast<float>(pixels) / kSize; };
    boxes.push_back({label, part(left), part(top), part(right), part(bottom), false});
  }
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const auto seen = static_cast<float>(std::ranges::count(owner, i));
    boxes[i].difficult = seen < kLeastVisible * static_cast<float>(covered[i]);
  }
  return boxes;
}

}  // namespace

DrawnScene draw_scene(ShapesPart part, std::uint64_t seed, std::int64_t index, bool plain) {
  Random random = shapes_random(part, seed, index);
  const std::vector<Placed> figures = place_figures(random);

  Canvas canvas(kSize);
  const Color ground = draw_ground(canvas, random);
  const auto stroke = [&](Interval contrast, Interval width, float max_length) {
    draw_stroke(canvas, random, contrasting_color(random, ground, contrast.pick(random)), width,
                max_length);
  };
  if (plain) canvas.map([&](int, int, const Color&) { return ground; });
  const auto clutter = plain ? 0 : random.below(8);
  for (std::uint32_t i = 0; i < clutter; ++i) stroke({0.1F, 0.4F}, {1.5F, 5}, 50);
  for (const auto& [label, pose] : figures) {
    draw_figure(canvas, random, kFigures[static_cast<std::size_t>(label)], pose, ground,
                {0.35F, 0.8F});
  }
  const auto occluders = plain ? 0 : random.below(3);
  for (std::uint32_t i = 0; i < occluders; ++i) stroke({0, 0.5F}, {2, 5}, 60);
  return {plain ? image_of(canvas) : photograph(canvas, random), boxes_around(figures)};
}

}  // namespace qbench
