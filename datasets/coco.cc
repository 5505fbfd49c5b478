#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <unordered_map>
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
using Json = nlohmann::json;

struct CocoImage {
  std::string file;
  double width = 0;  // 0: not said
  double height = 0;
  std::vector<GroundTruthBox> boxes{};
};

Json parsed(const std::string& path) {
  const std::string text = read_text(path);
  try {
    // Outlines are most of the file, and no use here.
    return Json::parse(text, [](int, Json::parse_event_t event, Json& value) {
      return event != Json::parse_event_t::key || value != "segmentation";
    });
  } catch (const Json::exception& error) {
    throw Error(fmt::format("{}: {}", path, error.what()));
  }
}

// The list `key` of the file, each element given to `use` with its place; what is wrong in one
// names it.
template <class Use>
void for_each(const std::string& path, const Json& file, const char* key, Use use) {
  const auto list = file.is_object() ? file.find(key) : file.end();
  if (list == file.end() || !list->is_array())
    throw Error(fmt::format("{}: has no list '{}'", path, key));
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = fmt::format("{}[{}]", key, i);
    try {
      use((*list)[i], place);
    } catch (const Json::exception& error) {
      throw Error(fmt::format("{}: {}: {}", path, place, error.what()));
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}: {}", path, place, error.what()));
    }
  }
}

// What an error shows: a number as it is, of others the kind.
std::string shown(const Json& value) {
  return value.is_number() ? value.dump() : std::string(value.type_name());
}

double finite(const Json& value) {
  const auto number = value.is_number() ? value.get<double>() : std::nan("");
  if (!std::isfinite(number))
    throw Error(fmt::format("found {}, expected a finite number", shown(value)));
  return number;
}

// An id. What is no whole number would else be cut to one that names something else.
std::int64_t whole(const Json& object, const char* key) {
  const Json& value = object.at(key);
  constexpr double kExact = 9007199254740992;  // a double holds all whole numbers up to 2^53
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  const bool large =
      value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>());
  const bool good = value.is_number_float()
                        ? std::abs(number) <= kExact && number == std::floor(number)
                        : value.is_number_integer() && !large;
  if (good) return value.get<std::int64_t>();
  throw Error(fmt::format("'{}' is {}, expected a whole number of 64 bits", key, shown(value)));
}

// 0 and 1, or false and true; absent: false.
bool flag(const Json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end()) return false;
  if (value->is_boolean()) return value->get<bool>();
  const std::int64_t number = whole(object, key);
  if (number != 0 && number != 1)
    throw Error(fmt::format("'{}' is {}, expected 0 or 1", key, number));
  return number == 1;
}

struct Coco {
  std::map<std::int64_t, std::string> categories;  // by id
  std::vector<std::int64_t> order;                 // image ids
  std::unordered_map<std::int64_t, CocoImage> images;
  std::string root;          // folder of the images
  std::vector<int> numbers;  // of the categories in order; empty: as they come
  BoxReader reader;

  int label(std::int64_t category) const {
    const auto found = categories.find(category);
    if (found == categories.end()) throw Error(fmt::format("no category {}", category));
    const auto place = std::distance(categories.begin(), found);
    return numbers.empty() ? static_cast<int>(place) : numbers[static_cast<std::size_t>(place)];
  }

  void add_category(const Json& category) {
    const auto id = whole(category, "id");
    if (!categories.emplace(id, category.at("name").get<std::string>()).second)
      throw Error(fmt::format("a second category {}", id));
  }

  void add_image(const Json& image) {
    const auto id = whole(image, "id");
    CocoImage read{.file = image.at("file_name").get<std::string>()};
    if (image.contains("width") || image.contains("height")) {
      read.width = finite(image.at("width"));
      read.height = finite(image.at("height"));
      if (!(read.width > 0 && read.height > 0))
        throw Error(fmt::format("size {} x {}, expected pixels", read.width, read.height));
    }
    if (!images.try_emplace(id, std::move(read)).second)
      throw Error(fmt::format("a second image {}", id));
    order.push_back(id);
  }

  void add_annotation(const Json& annotation, const std::string& place) {
    const auto id = whole(annotation, "image_id");
    const auto image = images.find(id);
    if (image == images.end()) throw Error(fmt::format("no image {}", id));
    const Json& box = annotation.at("bbox");
    if (!box.is_array() || box.size() != 4) throw Error("a bbox of other than four numbers");
    CocoImage& seen = image->second;
    if (seen.width <= 0) take_size(seen);
    const double x = finite(box.at(0));
    const double y = finite(box.at(1));
    const AnnotatedBox read{.label = label(whole(annotation, "category_id")),
                            .xmin = x,
                            .ymin = y,
                            .xmax = x + finite(box.at(2)),
                            .ymax = y + finite(box.at(3)),
                            .crowd = flag(annotation, "iscrowd")};
    seen.boxes.push_back(reader.read(read, seen.width, seen.height, place));
  }

  // Where the file does not say it.
  void take_size(CocoImage& image) const {
    const std::string path = (fs::path(root) / image.file).string();
    try {
      const ImageInfo info = image_info(read_file(path));
      image.width = info.width;
      image.height = info.height;
    } catch (const Error& error) {
      throw error.at(path);
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [id, name] : categories) names.push_back(name);
    return names;
  }
};

// "annotations/instances_val2017.json" -> "val2017", "images/val2017", "images" or the folder of
// the file.
std::string image_folder_of(const std::string& path, const std::string& image) {
  const fs::path folder = fs::path(path).parent_path();
  std::string part = fs::path(path).stem().string();
  part = part.substr(part.find('_') + 1);
  for (const fs::path& base : {folder, folder.parent_path()}) {
    for (const fs::path& below :
         {fs::path(part), fs::path("images") / part, fs::path("images"), fs::path()}) {
      std::error_code ignored;  // what cannot be looked at is no file
      if (fs::is_regular_file(base / below / image, ignored)) return (base / below).string();
    }
  }
  return folder.string();
}

Coco read_coco(const std::string& path, const OpenOptions& options) {
  const Json file = parsed(path);
  Coco coco;
  for_each(path, file, "categories",
           [&](const Json& category, const std::string&) { coco.add_category(category); });
  for_each(path, file, "images",
           [&](const Json& image, const std::string&) { coco.add_image(image); });
  if (coco.order.empty()) throw Error(path + ": lists no images");
  coco.root = image_folder_of(path, coco.images.at(coco.order.front()).file);
  if (!options.classes.empty()) {
    try {
      coco.numbers = numbers_by_name(coco.names(), options.classes);
    } catch (const Error& error) {
      throw error.at(path);
    }
  }
  for_each(path, file, "annotations", [&](const Json& object, const std::string& place) {
    coco.add_annotation(object, place);
  });
  return coco;
}

// The instances_*.json files in FOLDER/annotations.
std::vector<std::string> instance_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code ignored;  // what cannot be looked at has none
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(folder) / "annotations", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("instances_") && name.ends_with(".json"))
      files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

std::string annotation_file(const std::string& text) {
  if (text.ends_with(".json")) return text;
  const std::vector<std::string> files = instance_files(text);
  if (files.size() == 1) return files.front();
  throw Error(fmt::format("{}: has {} annotation files, choose one of: {}", text, files.size(),
                          fmt::join(files, ", ")));
}

}  // namespace

bool is_coco(const std::string& text) {
  return text.ends_with(".json") || !instance_files(text).empty();
}

std::unique_ptr<Dataset> open_coco(const std::string& text, const OpenOptions& options) {
  const std::string path = annotation_file(text);
  Coco coco = read_coco(path, options);
  ImageList list{.root = coco.root, .annotated = true};
  for (const std::int64_t id : coco.order) {
    CocoImage& image = coco.images.at(id);
    list.images.push_back({.path = std::move(image.file),
                           .label = make_detection_label(image.boxes),
                           .id = list.images.size(),
                           .label_place = fmt::format("{}: image {}", path, id),
                           .width = image.width,
                           .height = image.height});
  }
  list.class_names = options.classes.empty() ? coco.names() : options.classes.names();
  list.class_numbers = options.classes.empty() ? ClassNumbers::position : ClassNumbers::given;
  list.notices = coco.reader.notices();
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
