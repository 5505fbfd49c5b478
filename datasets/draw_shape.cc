// The images of `shapes`: ground, clutter, one figure, occluders.
#include "datasets/canvas.h"
#include "datasets/figures.h"
#include "datasets/random.h"
#include "datasets/shapes.h"

namespace qbench {
DrawnShape draw_shape(ShapesPart part, std::uint64_t seed, std::int64_t index, bool plain) {
  Random random = shapes_random(part, seed, index);
  const int label = static_cast<int>(random.below(static_cast<std::uint32_t>(kFigures.size())));

  Canvas canvas(48);
  const Color ground = draw_ground(canvas, random);
  const auto stroke = [&](Interval contrast, Interval width, float max_length) {
    draw_stroke(canvas, random, contrasting_color(random, ground, contrast.pick(random)), width,
                max_length);
  };
  if (plain) canvas.map([&](int, int, const Color&) { return ground; });
  const auto clutter = plain ? 0 : random.below(5);
  for (std::uint32_t i = 0; i < clutter; ++i) stroke({0.1F, 0.5F}, {1.5F, 5}, 24);
  const Pose pose = random_pose(random, canvas.size(), {9.5F, 20});
  draw_figure(canvas, random, kFigures[static_cast<std::size_t>(label)], pose, ground,
              {plain ? 0.5F : 0.24F, 0.8F});
  const auto occluders = plain ? 0 : random.below(3);
  for (std::uint32_t i = 0; i < occluders; ++i) stroke({0, 0.5F}, {2, 6}, 36);
  return {plain ? image_of(canvas) : photograph(canvas, random), label};
}

}  // namespace qbench
