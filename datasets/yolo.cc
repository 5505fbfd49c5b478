#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
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

constexpr double kMostClasses = 100'000;
constexpr double kRounding = 1e-3;  // fractions are written with a few decimals
constexpr double kNoPixel = 1e-6;   // a side below one pixel in any image

// The numbers of a line; other than five are told apart by the count, none where one is malformed.
std::vector<double> numbers_of(std::string_view line) {
  std::vector<double> numbers;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return numbers;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) return {};
    numbers.push_back(value);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
}

AnnotatedBox box_of(const std::string& line) {
  const std::vector<double> n = numbers_of(line);
  if (n.size() != 5 || n[0] < 0 || n[0] > kMostClasses || n[0] != std::floor(n[0])) {
    throw Error(fmt::format("'{}', expected class, center x, center y, width, height{}", line,
                            n.size() > 6 && n.size() % 2 == 1
                                ? fmt::format("; {} numbers are an outline of {} points, "
                                              "expected boxes",
                                              n.size(), n.size() / 2)
                                : ""));
  }
  for (std::size_t i = 1; i < n.size(); ++i) {
    if (n[i] < -kRounding || n[i] > 1 + kRounding) {
      throw Error(fmt::format(
          "'{}': {:g} is no fraction of the image, expected 0 to 1 (pixels divided by its size)",
          line, n[i]));
    }
  }
  return {.label = static_cast<int>(n[0]),
          .xmin = n[1] - n[3] / 2,
          .ymin = n[2] - n[4] / 2,
          .xmax = n[1] + n[3] / 2,
          .ymax = n[2] + n[4] / 2};
}

// "names" of a data.yaml: a list, or a mapping from numbers.
std::vector<std::string> names_in_yaml(const std::string& path) {
  try {
    const YAML::Node names = YAML::Load(read_text(path))["names"];
    if (names.IsDefined() && !names.IsMap()) return names.as<std::vector<std::string>>();
    std::vector<std::string> by_number;
    if (!names.IsDefined()) return by_number;
    for (const auto& entry : names) {
      const int number = entry.first.as<int>();
      if (number < 0 || number > kMostClasses)
        throw Error(fmt::format("{}: class {}, expected 0 or more", path, number));
      if (std::cmp_greater_equal(number, by_number.size()))
        by_number.resize(static_cast<std::size_t>(number) + 1);
      by_number[static_cast<std::size_t>(number)] = entry.second.as<std::string>();
    }
    return by_number;
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("{}: {}", path, error.what()));
  }
}

std::vector<std::string> names_beside(const fs::path& root) {
  std::error_code ignored;  // what cannot be looked at is no file
  for (const fs::path& path : {root / "data.yaml", root / ".." / "data.yaml"}) {
    if (!fs::is_regular_file(path, ignored)) continue;
    std::vector<std::string> names = names_in_yaml(path.string());
    if (!names.empty()) return names;
  }
  std::vector<std::string> names;
  if (fs::is_regular_file(root / "classes.txt", ignored))
    names = read_lines((root / "classes.txt").string());
  while (!names.empty() && names.back().find_first_not_of(" \t") == std::string::npos)
    names.pop_back();
  return names;
}

// A data set in YOLO's form while it is opened.
class Yolo {
 public:
  Yolo(const std::string& text, const OpenOptions& options)
      : root_(text), names_(names_beside(root_)) {
    if (options.classes.empty() || names_.empty()) return;
    try {
      numbers_ = numbers_by_name(names_, options.classes);
    } catch (const Error& error) {
      throw error.at(text);
    }
  }

  ListedImage read(std::string path) {
    fs::path file = root_ / "labels" / fs::path(path).lexically_relative("images");
    file.replace_extension(".txt");
    ListedImage image{.path = std::move(path), .label_place = file.string()};
    std::error_code ignored;  // what cannot be looked at is no file
    std::vector<GroundTruthBox> boxes;
    if (fs::is_regular_file(file, ignored)) {
      boxes = boxes_of(file.string());
    } else {
      unlabelled_.push_back(image.path);
    }
    image.label = make_detection_label(boxes);
    return image;
  }

  std::vector<std::string> notices() const {
    std::vector<std::string> notices = reader_.notices();
    if (!unlabelled_.empty()) {
      notices.push_back(counted(
          unlabelled_.size(), "image has no label file and was taken as one without objects",
          "images have no label file and were taken as ones without objects", unlabelled_));
    }
    return notices;
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<GroundTruthBox> boxes_of(const std::string& path) {
    std::vector<GroundTruthBox> boxes;
    const std::vector<std::string> lines = read_lines(path);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find_first_not_of(" \t") == std::string::npos) continue;
      const std::string place = fmt::format("{}: line {}", path, i + 1);
      try {
        AnnotatedBox box = box_of(lines[i]);
        if (!names_.empty() && std::cmp_greater_equal(box.label, names_.size())) {
          throw Error(fmt::format("class {}, but the data set has {} classes: {}", box.label,
                                  names_.size(), first_names(names_)));
        }
        if (!numbers_.empty()) box.label = numbers_[static_cast<std::size_t>(box.label)];
        boxes.push_back(reader_.read(box, 1, 1, place));
      } catch (const Error& error) {
        throw error.at(place);
      }
    }
    return boxes;
  }

  fs::path root_;
  std::vector<std::string> names_;
  std::vector<int> numbers_;  // of the names; empty: as they come
  BoxReader reader_{kRounding, kNoPixel};
  std::vector<std::string> unlabelled_;
};

}  // namespace

bool is_yolo(const std::string& text) {
  return is_folder(text + "/images") && is_folder(text + "/labels");
}

std::unique_ptr<Dataset> open_yolo(const std::string& text, const OpenOptions& options) {
  Yolo yolo(text, options);
  ImageList list{.root = text, .class_names = yolo.names(), .annotated = true};
  FoundImages found = find_images(text, "images");
  for (std::string& path : found.images) {
    ListedImage image = yolo.read(std::move(path));
    image.id = list.images.size();
    list.images.push_back(std::move(image));
  }
  list.notices = yolo.notices();
  if (!found.others.empty()) list.notices.push_back(left_out_notice(found.others));
  if (!options.classes.empty()) {
    list.class_names = options.classes.names();
    list.class_numbers = ClassNumbers::given;
  }
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
