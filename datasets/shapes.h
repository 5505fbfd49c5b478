// Embedded sets, drawn by code: coloured figures on textured grounds, made hard by clutter,
// occlusion, blur, low contrast and noise.
//
// `shapes`: classification, one figure of ten classes, 3x48x48.
// `shapes-det`: detection, one to four figures of the first eight of these classes, 3x128x128. A
// figure of which others hide more than 35 % is difficult.
//
// Sample i of a part depends only on the part, the seed and i, and is the same on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/detection_label.h"
#include "datasets/image.h"
#include "datasets/random.h"

namespace qbench {

// The parts never share a random stream, whatever their seeds.
enum class ShapesPart { val, train };

struct ShapesOptions {
  bool detection = false;
  bool plain =
      false;  // of `shapes`: figures on even ground and nothing else, to begin training with
  ShapesPart part = ShapesPart::val;
  std::int64_t count = 2000;
  std::uint64_t seed = 0;
};

struct DrawnShape {
  Image image;  // 48 x 48
  int label = 0;
};
DrawnShape draw_shape(ShapesPart part, std::uint64_t seed, std::int64_t index, bool plain = false);

inline constexpr std::uint32_t kDetectionClasses = 8;

struct DrawnScene {
  Image image;  // 128 x 128
  std::vector<GroundTruthBox> boxes;
};
DrawnScene draw_scene(ShapesPart part, std::uint64_t seed, std::int64_t index, bool plain = false);

// The random stream of one sample.
Random shapes_random(ShapesPart part, std::uint64_t seed, std::int64_t index);

// "shapes[-det][:val|train][,plain][,count=N][,seed=N]"; unless said otherwise val has 2000 samples
// and train 20000, of `shapes-det` 500 and 6000. Throws Error when `text` is none of this.
ShapesOptions parse_shapes(const std::string& text);
bool is_shapes(const std::string& text);

// Draws each sample when it is read, as a PNG that went through the record format.
std::unique_ptr<Dataset> open_shapes(const ShapesOptions& options);

// Writes samples first..first+count-1 to PATH.rec and PATH.idx.
void make_shapes(const std::string& path, const ShapesOptions& options, std::int64_t first = 0);

}  // namespace qbench
