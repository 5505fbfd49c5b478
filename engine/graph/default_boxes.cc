#include "engine/graph/default_boxes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace qbench {

void write_default_boxes(const MultiBoxPrior& op, const Shape& features, std::span<float> boxes) {
  const auto rows = static_cast<float>(features[2]);
  const auto columns = static_cast<float>(features[3]);
  const float step_y = op.step_y > 0 ? op.step_y : 1 / rows;
  const float step_x = op.step_x > 0 ? op.step_x : 1 / columns;
  auto to = boxes.begin();
  for (std::int64_t row = 0; row < features[2]; ++row) {
    for (std::int64_t column = 0; column < features[3]; ++column) {
      const float y = (static_cast<float>(row) + op.offset_y) * step_y;
      const float x = (static_cast<float>(column) + op.offset_x) * step_x;
      const auto write = [&](float size, float ratio) {
        const float w = size * rows / columns * std::sqrt(ratio) / 2;
        const float h = size / std::sqrt(ratio) / 2;
        for (float side : {x - w, y - h, x + w, y + h}) {
          *to++ = op.clip ? std::clamp(side, 0.0F, 1.0F) : side;
        }
      };
      for (float size : op.sizes) write(size, op.ratios[0]);
      for (std::size_t i = 1; i < op.ratios.size(); ++i) write(op.sizes[0], op.ratios[i]);
    }
  }
}

}  // namespace qbench
