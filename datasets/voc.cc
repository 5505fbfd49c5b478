#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "datasets/annotations.h"
#include "datasets/file.h"
#include "datasets/image.h"
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
    if (const pugi::xml_node second = root_.next_sibling("annotation"))
      throw error_at(second.offset_debug(), "a second element 'annotation'");
  }

  // Of the image, as the file says it; empty when it does not.
  std::string image() const { return root_.child("filename").text().get(); }

  struct Size {
    double width = 0;
    double height = 0;
  };
  std::optional<Size> size() const {
    const pugi::xml_node size = root_.child("size");
    if (!size) return std::nullopt;
    return Size{positive(size, "width"), positive(size, "height")};
  }

  std::vector<GroundTruthBox> boxes(const Size& size, const OpenOptions& options,
                                    BoxReader& reader) const {
    std::vector<GroundTruthBox> boxes;
    for (const pugi::xml_node object : root_.children("object")) {
      const pugi::xml_node box = child(object, "bndbox");
      const AnnotatedBox read{.label = label(child(object, "name"), options),
                              .xmin = number(box, "xmin"),
                              .ymin = number(box, "ymin"),
                              .xmax = number(box, "xmax"),
                              .ymax = number(box, "ymax"),
                              .difficult = object.child("difficult").text().as_bool()};
      try {
        boxes.push_back(reader.read(read, size.width, size.height, place_of(box)));
      } catch (const Error& error) {
        throw error.at(place_of(box));
      }
    }
    return boxes;
  }

 private:
  std::string place(std::ptrdiff_t offset) const {
    const std::ptrdiff_t end = std::clamp<std::ptrdiff_t>(offset, 0, std::ssize(text_));
    return fmt::format("{}: line {}", path_,
                       1 + std::count(text_.begin(), text_.begin() + end, '\n'));
  }
  std::string place_of(pugi::xml_node node) const { return place(node.offset_debug()); }

  Error error_at(std::ptrdiff_t offset, const std::string& what) const {
    return Error(place(offset) + ": " + what);
  }

  pugi::xml_node child(pugi::xml_node parent, const char* name) const {
    const pugi::xml_node found = parent.child(name);
    if (found) return found;
    throw error_at(parent.offset_debug(),
                   fmt::format("element '{}' has no '{}'", parent.name(), name));
  }

  double number(pugi::xml_node parent, const char* name) const {
    const pugi::xml_node found = child(parent, name);
    const std::string_view text = found.text().get();  // without the blanks around it
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(value))
      return value;
    throw error_at(found.offset_debug(),
                   fmt::format("'{}' is '{}', expected a number", name, found.text().get()));
  }

  double positive(pugi::xml_node parent, const char* name) const {
    const double value = number(parent, name);
    if (value > 0) return value;
    throw error_at(parent.offset_debug(), fmt::format("'{}' is {}, expected pixels", name, value));
  }

  int label(pugi::xml_node name, const OpenOptions& options) const {
    const std::string_view text = name.text().get();
    if (!options.classes.empty()) {
      if (const std::optional<int> number = options.classes.find(text)) return *number;
    } else if (const auto found = std::ranges::find(kVocClasses, text);
               found != kVocClasses.end()) {
      return static_cast<int>(found - kVocClasses.begin());
    }
    if (!options.labels) return 0;
    throw error_at(name.offset_debug(),
                   options.classes.empty()
                       ? fmt::format("class '{}', expected one of VOC's 20; --class-names (in a "
                                     "suite class_names) takes others, in the network's order",
                                     text)
                       : fmt::format("class '{}' is none of the class names given, which are {}",
                                     text, options.classes.summary()));
  }

  std::string path_;
  std::string text_;
  pugi::xml_document document_;
  pugi::xml_node root_;
};

bool is_file(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is no file
  return fs::is_regular_file(path, ignored);
}

// Lists of single classes have a second word of -1, 0 or 1, which is no matter here; other blanks
// belong to the name.
std::string name_in(const std::string& line, const fs::path& annotations) {
  const std::size_t end = line.find_last_not_of(" \t");
  if (end == std::string::npos) return {};
  std::string name = line.substr(0, end + 1);
  const std::size_t blank = name.find_last_of(" \t");
  if (blank == std::string::npos || is_file(annotations / (name + ".xml"))) return name;
  const std::string_view last = std::string_view(name).substr(blank + 1);
  if (last != "-1" && last != "0" && last != "1") return name;
  return name.substr(0, name.find_last_not_of(" \t", blank) + 1);
}

std::vector<std::string> listed_names(const std::string& path, const fs::path& annotations) {
  std::vector<std::string> names;
  const std::vector<std::string> lines = read_lines(path);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string name = name_in(lines[i], annotations);
    if (name.find('/') != std::string::npos)
      throw Error(fmt::format("{}: line {}: '{}' is no image name", path, i + 1, name));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> all_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".xml") && !name.starts_with('.'))
      names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

// A data set in VOC form while it is opened.
class Voc {
 public:
  Voc(fs::path root, const OpenOptions& options) : root_(std::move(root)), options_(options) {
    std::error_code ignored;  // what cannot be looked at has no images
    for (const fs::directory_entry& entry : fs::directory_iterator(root_ / "JPEGImages", ignored)) {
      const std::string file = entry.path().filename().string();
      if (!file.starts_with('.') && is_image_name(file))
        files_[entry.path().stem().string()].push_back(file);
    }
  }

  ListedImage read(const std::string& name) {
    const std::string path = (root_ / "Annotations" / (name + ".xml")).string();
    const Annotation annotation(path);
    ListedImage image{.path = "JPEGImages/" + image_of(name, annotation), .label_place = path};
    Annotation::Size size;
    if (const std::optional<Annotation::Size> said = annotation.size()) {
      size = *said;
      image.width = size.width;
      image.height = size.height;
    } else {
      size = size_of((root_ / image.path).string());
    }
    image.label = make_detection_label(annotation.boxes(size, options_, reader_));
    return image;
  }

  std::vector<std::string> notices() const {
    std::vector<std::string> notices = reader_.notices();
    if (!renamed_.empty()) {
      notices.push_back(counted(renamed_.size(),
                                "annotation names another image than the one of its own name, "
                                "which was taken",
                                "annotations name other images than those of their own names, "
                                "which were taken",
                                renamed_));
    }
    return notices;
  }

 private:
  // The image of the annotation's name; where there are several (a.jpg, a.png) or none, the one
  // that it names.
  std::string image_of(const std::string& name, const Annotation& annotation) {
    std::string said = fs::path(annotation.image()).filename().string();
    const auto own = files_.find(name);
    if (own == files_.end()) {
      return !said.empty() && is_file(root_ / "JPEGImages" / said) ? said : name + ".jpg";
    }
    if (std::ranges::count(own->second, said) > 0) return said;
    if (own->second.size() > 1) {
      throw Error(fmt::format("{}: has the images {}; <filename> is '{}', expected one of them",
                              (root_ / "Annotations" / (name + ".xml")).string(),
                              fmt::join(own->second, ", "), said));
    }
    if (is_file(root_ / "JPEGImages" / said)) renamed_.push_back(name + ".xml");
    return own->second.front();
  }

  static Annotation::Size size_of(const std::string& path) {
    try {
      const ImageInfo info = image_info(read_file(path));
      return {static_cast<double>(info.width), static_cast<double>(info.height)};
    } catch (const Error& error) {
      throw error.at(path);
    }
  }

  fs::path root_;
  const OpenOptions& options_;
  std::map<std::string, std::vector<std::string>> files_;  // of JPEGImages, by stem
  BoxReader reader_;
  std::vector<std::string> renamed_;
};

}  // namespace

bool is_voc(const std::string& text) {
  const fs::path path(text);
  if (path.extension() == ".txt") return path.parent_path().filename() == "Main";
  return is_folder(text + "/Annotations") && is_folder(text + "/JPEGImages");
}

std::unique_ptr<Dataset> open_voc(const std::string& text, const OpenOptions& options) {
  const bool listed = text.ends_with(".txt");
  const fs::path root =
      listed ? fs::path(text).parent_path().parent_path().parent_path() : fs::path(text);
  ImageList list{.root = root.string(), .annotated = true};
  Voc voc(root, options);
  const fs::path annotations = root / "Annotations";
  for (const std::string& name :
       listed ? listed_names(text, annotations) : all_names(annotations)) {
    ListedImage image = voc.read(name);
    image.id = list.images.size();
    list.images.push_back(std::move(image));
  }
  list.notices = voc.notices();
  if (options.classes.empty()) {
    list.class_names = {kVocClasses.begin(), kVocClasses.end()};
    list.class_numbers = ClassNumbers::position;
  } else {
    list.class_names = options.classes.names();
    list.class_numbers = ClassNumbers::given;
  }
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
