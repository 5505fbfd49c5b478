#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <pugixml.hpp>
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

// One annotation file, with the text that errors count lines in.
class Annotation {
 public:
  explicit Annotation(const std::string& path) : path_(path), text_(read_text(path)) {
    const pugi::xml_parse_result result = document_.load_buffer(
        text_.data(), text_.size(), pugi::parse_default | pugi::parse_trim_pcdata);
    if (!result) throw error_at(result.offset, result.description());
    root_ = document_.child("annotation");
    if (!root_) throw error_at(0, "found no element 'annotation'");
  }

  std::vector<GroundTruthBox> boxes() const {
    const pugi::xml_node size = child(root_, "size");
    const float width = positive(size, "width");
    const float height = positive(size, "height");
    std::vector<GroundTruthBox> boxes;
    for (const pugi::xml_node object : root_.children("object")) {
      const pugi::xml_node box = child(object, "bndbox");
      boxes.push_back({.label = label(child(object, "name")),
                       .xmin = number(box, "xmin") / width,
                       .ymin = number(box, "ymin") / height,
                       .xmax = number(box, "xmax") / width,
                       .ymax = number(box, "ymax") / height,
                       .difficult = object.child("difficult").text().as_int() != 0});
    }
    return boxes;
  }

 private:
  Error error_at(std::ptrdiff_t offset, const std::string& what) const {
    const std::ptrdiff_t end = std::clamp<std::ptrdiff_t>(offset, 0, std::ssize(text_));
    return Error(fmt::format("{}: line {}: {}", path_,
                             1 + std::count(text_.begin(), text_.begin() + end, '\n'), what));
  }

  pugi::xml_node child(pugi::xml_node parent, const char* name) const {
    const pugi::xml_node found = parent.child(name);
    if (found) return found;
    throw error_at(parent.offset_debug(),
                   fmt::format("element '{}' has no '{}'", parent.name(), name));
  }

  float number(pugi::xml_node parent, const char* name) const {
    const pugi::xml_node found = child(parent, name);
    const std::string_view text = found.text().get();  // without the blanks around it
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(value))
      return value;
    throw error_at(found.offset_debug(),
                   fmt::format("'{}' is '{}', expected a number", name, found.text().get()));
  }

  float positive(pugi::xml_node parent, const char* name) const {
    const float value = number(parent, name);
    if (value > 0) return value;
    throw error_at(parent.offset_debug(), fmt::format("'{}' is {}, expected pixels", name, value));
  }

  int label(pugi::xml_node name) const {
    const auto found = std::ranges::find(kVocClasses, std::string_view(name.text().get()));
    if (found != kVocClasses.end()) return static_cast<int>(found - kVocClasses.begin());
    throw error_at(name.offset_debug(),
                   fmt::format("class '{}', expected one of VOC's 20", name.text().get()));
  }

  std::string path_;
  std::string text_;
  pugi::xml_document document_;
  pugi::xml_node root_;
};

// The first word of each line: lists of single classes have a second, which is no matter here.
std::vector<std::string> listed_names(const std::string& path) {
  std::vector<std::string> names;
  const std::vector<std::string> lines = read_lines(path);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string name = lines[i].substr(0, lines[i].find_first_of(" \t"));
    if (name.find('/') != std::string::npos)
      throw Error(fmt::format("{}: line {}: '{}' is no image name", path, i + 1, name));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> all_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<float> annotated_label(std::vector<GroundTruthBox> boxes) {
  for (GroundTruthBox& box : boxes) {
    for (float* corner : {&box.xmin, &box.ymin, &box.xmax, &box.ymax}) {
      *corner = static_cast<float>(std::round(static_cast<double>(*corner) * 1e4) / 1e4);
    }
  }
  return make_detection_label(boxes);
}

bool is_voc(const std::string& text) {
  const fs::path path(text);
  if (path.extension() == ".txt") return path.parent_path().filename() == "Main";
  return is_folder(text + "/Annotations") && is_folder(text + "/JPEGImages");
}

std::unique_ptr<Dataset> open_voc(const std::string& text) {
  const bool listed = text.ends_with(".txt");
  const fs::path root =
      listed ? fs::path(text).parent_path().parent_path().parent_path() : fs::path(text);
  ImageList list{root.string(), {}, {kVocClasses.begin(), kVocClasses.end()}};
  for (const std::string& name : listed ? listed_names(text) : all_names(root / "Annotations")) {
    const std::string file = (root / "Annotations" / (name + ".xml")).string();
    const Annotation annotation(file);
    std::vector<GroundTruthBox> boxes = annotation.boxes();
    if (boxes.empty()) continue;
    list.entries.push_back({list.entries.size(), annotated_label(std::move(boxes)),
                            fmt::format("JPEGImages/{}.jpg", name)});
  }
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
