// `shapes`: an embedded classification set, drawn by code. Ten classes of coloured figures on
// textured grounds, 3x48x48, made hard by clutter, occlusion, blur, low contrast and noise.
//
// Sample i of a part depends only on the part, the seed and i, and is the same on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "datasets/dataset.h"
#include "datasets/image.h"

namespace qbench {

// The parts never share a random stream, whatever their seeds.
enum class ShapesPart { val, train };

struct ShapesOptions {
  ShapesPart part = ShapesPart::val;
  std::int64_t count = 2000;
  std::uint64_t seed = 0;
};

struct DrawnShape {
  Image image;  // 48 x 48
  int label = 0;
};
DrawnShape draw_shape(ShapesPart part, std::uint64_t seed, std::int64_t index);

// "shapes[:val|train][,count=N][,seed=N]"; val has 2000 samples and train 20000 unless said
// otherwise. Throws Error when `text` is none of this.
ShapesOptions parse_shapes(const std::string& text);
bool is_shapes(const std::string& text);

// Draws each sample when it is read, as a PNG that went through the record format.
std::unique_ptr<Dataset> open_shapes(const ShapesOptions& options);

// Writes samples first..first+count-1 to PATH.rec and PATH.idx.
void make_shapes(const std::string& path, const ShapesOptions& options, std::int64_t first = 0);

}  // namespace qbench
