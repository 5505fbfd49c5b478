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
constexpr std::int64_t kDefaultTrainCount = 20000;
constexpr std::int64_t kMaxCount = 10'000'000;
constexpr std::int64_t kSamplesHashed = 16;

std::string_view part_name(ShapesPart part) { return part == ShapesPart::val ? "val" : "train"; }

std::vector<std::byte> shape_record(const ShapesOptions& options, std::int64_t index) {
  const DrawnShape shape = draw_shape(options.part, options.seed, index);
  return make_image_record({.encoded = encode_png(shape.image),
                            .label = {static_cast<float>(shape.label)},
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
    return fmt::format("{}:{},count={},seed={}", kName, part_name(options_.part), options_.count,
                       options_.seed);
  }

  // The description decides every sample, once the drawing code is given: a few drawn ones stand
  // for the code.
  std::string content_hash() const override {
    Hasher hasher;
    hasher.add(description());
    for (std::int64_t i = 0; i < kSamplesHashed; ++i) {
      const DrawnShape shape = draw_shape(options_.part, options_.seed, i);
      hasher.add(std::as_bytes(std::span(shape.image.pixels)));
    }
    return hasher.hex();
  }

  std::vector<std::string> class_names() const override {
    std::vector<std::string> names;
    names.reserve(kFigures.size());
    for (const Figure& figure : kFigures) names.emplace_back(figure.name);
    return names;
  }

 private:
  ShapesOptions options_;
};

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool is_shapes(const std::string& text) { return text == kName || text.starts_with("shapes:"); }

ShapesOptions parse_shapes(const std::string& text) {
  const auto fail = [&](const std::string& found) {
    return Error(fmt::format("'{}': found '{}', expected shapes[:val|train][,count=N][,seed=N]",
                             text, found));
  };
  if (!is_shapes(text)) throw fail(text);
  ShapesOptions options;
  std::string_view rest = std::string_view(text).substr(kName.size());
  bool count_given = false;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // ':' or ','
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(word.size());
    if (word == "val" || word == "train") {
      options.part = word == "val" ? ShapesPart::val : ShapesPart::train;
    } else if (word.starts_with("count=") && parse_whole(word.substr(6), options.count) &&
               options.count >= 1 && options.count <= kMaxCount) {
      count_given = true;
    } else if (!(word.starts_with("seed=") && parse_whole(word.substr(5), options.seed))) {
      throw fail(std::string(word));
    }
  }
  if (options.part == ShapesPart::train && !count_given) options.count = kDefaultTrainCount;
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
