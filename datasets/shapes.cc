#include "datasets/shapes.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "datasets/figures.h"
#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

constexpr std::string_view kName = "shapes";
constexpr std::string_view kDetectionName = "shapes-det";
constexpr std::int64_t kMaxCount = 10'000'000;
constexpr std::int64_t kSamplesHashed = 16;

std::string_view part_name(ShapesPart part) { return part == ShapesPart::val ? "val" : "train"; }

std::int64_t default_count(bool detection, ShapesPart part) {
  if (part == ShapesPart::val) return detection ? 500 : 2000;
  return detection ? 6000 : 20'000;
}

std::string_view set_name(bool detection) { return detection ? kDetectionName : kName; }

struct Drawn {
  Image image;
  std::vector<float> label;
};

Drawn draw(const ShapesOptions& options, std::int64_t index) {
  if (options.detection) {
    const DrawnScene scene = draw_scene(options.part, options.seed, index, options.plain);
    return {scene.image, make_detection_label(scene.boxes)};
  }
  const DrawnShape shape = draw_shape(options.part, options.seed, index, options.plain);
  return {shape.image, {static_cast<float>(shape.label)}};
}

std::vector<std::byte> shape_record(const ShapesOptions& options, std::int64_t index) {
  const Drawn drawn = draw(options, index);
  return make_image_record({.encoded = encode_png(drawn.image),
                            .label = drawn.label,
                            .id = static_cast<std::uint64_t>(index)});
}

class Shapes : public Dataset {
 public:
  explicit Shapes(const ShapesOptions& options) : options_(options) {}

  std::int64_t size() const override { return options_.count; }

  Sample read(std::int64_t index) const override {
    checked_index(index, size());
    return parse_image_record(shape_record(options_, index));
  }

  std::string name(std::int64_t index) const override { return fmt::format("sample {}", index); }

  std::string description() const override {
    return fmt::format("{}:{}{},count={},seed={}", set_name(options_.detection),
                       part_name(options_.part), options_.plain ? ",plain" : "", options_.count,
                       options_.seed);
  }

  // The description decides every sample, once the drawing code is given: a few drawn ones stand
  // for the code.
  std::string content_hash() const override {
    Hasher hasher;
    hasher.add(description());
    for (std::int64_t i = 0; i < kSamplesHashed; ++i) {
      const Drawn drawn = draw(options_, i);
      hasher.add(std::as_bytes(std::span(drawn.image.pixels)));
      hasher.add(std::as_bytes(std::span(drawn.label)));
    }
    return hasher.hex();
  }

  std::vector<std::string> class_names() const override {
    std::vector<std::string> names;
    const std::size_t count = options_.detection ? kDetectionClasses : kFigures.size();
    for (std::size_t i = 0; i < count; ++i) names.emplace_back(kFigures.at(i).name);
    return names;
  }
  ClassNumbers class_numbers() const override { return ClassNumbers::given; }

 private:
  ShapesOptions options_;
};

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Random shapes_random(ShapesPart part, std::uint64_t seed, std::int64_t index) {
  const std::uint64_t stream = Random::mix(2 * seed + (part == ShapesPart::train ? 1 : 0));
  return Random(Random::mix(stream + static_cast<std::uint64_t>(index)));
}

bool is_shapes(const std::string& text) {
  const std::string_view name = std::string_view(text).substr(0, text.find(':'));
  return name == kName || name == kDetectionName;
}

ShapesOptions parse_shapes(const std::string& text) {
  const auto fail = [&](const std::string& found) {
    return Error(fmt::format(
        "'{}': found '{}', expected shapes[-det][:val|train][,plain][,count=N][,seed=N]", text,
        found));
  };
  if (!is_shapes(text)) throw fail(text);
  ShapesOptions options;
  options.detection = text.starts_with(kDetectionName);
  std::string_view rest = std::string_view(text).substr(set_name(options.detection).size());
  bool count_given = false;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // ':' or ','
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(word.size());
    if (word == "val" || word == "train") {
      options.part = word == "val" ? ShapesPart::val : ShapesPart::train;
    } else if (word == "plain") {
      options.plain = true;
    } else if (word.starts_with("count=") && parse_whole(word.substr(6), options.count) &&
               options.count >= 1 && options.count <= kMaxCount) {
      count_given = true;
    } else if (!(word.starts_with("seed=") && parse_whole(word.substr(5), options.seed))) {
      throw fail(std::string(word));
    }
  }
  if (!count_given) options.count = default_count(options.detection, options.part);
  return options;
}

std::unique_ptr<Dataset> open_shapes(const ShapesOptions& options) {
  return std::make_unique<Shapes>(options);
}

void make_shapes(const std::string& path, const ShapesOptions& options, std::int64_t first) {
  RecordWriter writer(path);
  for (std::int64_t i = first; i < first + options.count; ++i) {
    writer.write(static_cast<std::uint64_t>(i), shape_record(options, i));
  }
  writer.finish();
}

}  // namespace qbench
