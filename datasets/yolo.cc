#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "datasets/annotations.h"
#include "datasets/file.h"
#include "datasets/listed_images.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr float kMostClasses = 100'000;

// The numbers of a line; fewer or more than five, or none, are told apart by the count.
std::vector<float> numbers_of(std::string_view line) {
  std::vector<float> numbers;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return numbers;
    float value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) return {};
    numbers.push_back(value);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
}

GroundTruthBox box_of(const std::string& line) {
  const std::vector<float> n = numbers_of(line);
  if (n.size() != 5 || n[0] < 0 || n[0] > kMostClasses || n[0] != std::floor(n[0]))
    throw Error(fmt::format("'{}', expected class, center x, center y, width, height", line));
  return {.label = static_cast<int>(n[0]),
          .xmin = n[1] - n[3] / 2,
          .ymin = n[2] - n[4] / 2,
          .xmax = n[1] + n[3] / 2,
          .ymax = n[2] + n[4] / 2};
}

std::vector<GroundTruthBox> boxes_of(const std::string& path) {
  std::vector<GroundTruthBox> boxes;
  const std::vector<std::string> lines = read_lines(path);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find_first_not_of(" \t") == std::string::npos) continue;
    try {
      boxes.push_back(box_of(lines[i]));
    } catch (const Error& error) {
      throw Error(fmt::format("{}: line {}: {}", path, i + 1, error.what()));
    }
  }
  return boxes;
}

}  // namespace

bool is_yolo(const std::string& text) {
  return is_folder(text + "/images") && is_folder(text + "/labels");
}

std::unique_ptr<Dataset> open_yolo(const std::string& text) {
  const fs::path root(text);
  ImageList list{text, {}, {}};
  if (fs::is_regular_file(root / "classes.txt"))
    list.class_names = read_lines((root / "classes.txt").string());
  for (std::string& image : images_below(text, "images")) {
    fs::path file = root / "labels" / fs::path(image).lexically_relative("images");
    file.replace_extension(".txt");
    if (!fs::is_regular_file(file)) continue;  // nothing to find on it
    std::vector<GroundTruthBox> boxes = boxes_of(file.string());
    if (boxes.empty()) continue;
    list.entries.push_back(
        {list.entries.size(), annotated_label(std::move(boxes)), std::move(image)});
  }
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
