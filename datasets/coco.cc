#include <fmt/format.h>

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
#include "datasets/listed_images.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct CocoImage {
  std::string file;
  float width = 0;
  float height = 0;
  std::vector<GroundTruthBox> boxes;
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

// The list `key` of the file, each element given to `use`; what is wrong in one names it.
template <class Use>
void for_each(const std::string& path, const Json& file, const char* key, Use use) {
  const auto list = file.is_object() ? file.find(key) : file.end();
  if (list == file.end() || !list->is_array())
    throw Error(fmt::format("{}: has no list '{}'", path, key));
  for (std::size_t i = 0; i < list->size(); ++i) {
    try {
      use((*list)[i]);
    } catch (const Json::exception& error) {
      throw Error(fmt::format("{}: {}[{}]: {}", path, key, i, error.what()));
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}[{}]: {}", path, key, i, error.what()));
    }
  }
}

float finite(const Json& value) {
  const auto number = value.get<float>();
  if (!std::isfinite(number)) throw Error("expected finite numbers");
  return number;
}

struct Coco {
  std::map<std::int64_t, std::string> categories;  // by id
  std::vector<std::int64_t> order;                 // image ids
  std::unordered_map<std::int64_t, CocoImage> images;

  int label(std::int64_t category) const {
    const auto found = categories.find(category);
    if (found == categories.end()) throw Error(fmt::format("no category {}", category));
    return static_cast<int>(std::distance(categories.begin(), found));
  }

  void add_image(const Json& image) {
    const auto id = image.at("id").get<std::int64_t>();
    CocoImage read{image.at("file_name").get<std::string>(),
                   finite(image.at("width")),
                   finite(image.at("height")),
                   {}};
    if (!(read.width > 0 && read.height > 0))
      throw Error(fmt::format("size {} x {}, expected pixels", read.width, read.height));
    if (!images.try_emplace(id, std::move(read)).second)
      throw Error(fmt::format("a second image {}", id));
    order.push_back(id);
  }

  void add_annotation(const Json& annotation) {
    if (annotation.value("iscrowd", 0) != 0) return;
    const auto id = annotation.at("image_id").get<std::int64_t>();
    const auto image = images.find(id);
    if (image == images.end()) throw Error(fmt::format("no image {}", id));
    const Json& box = annotation.at("bbox");
    if (box.size() != 4) throw Error("a bbox of other than four numbers");
    const float x = finite(box.at(0));
    const float y = finite(box.at(1));
    CocoImage& seen = image->second;
    seen.boxes.push_back({.label = label(annotation.at("category_id").get<std::int64_t>()),
                          .xmin = x / seen.width,
                          .ymin = y / seen.height,
                          .xmax = (x + finite(box.at(2))) / seen.width,
                          .ymax = (y + finite(box.at(3))) / seen.height});
  }
};

Coco read_coco(const std::string& path) {
  const Json file = parsed(path);
  Coco coco;
  for_each(path, file, "categories", [&](const Json& category) {
    coco.categories.emplace(category.at("id").get<std::int64_t>(),
                            category.at("name").get<std::string>());
  });
  for_each(path, file, "images", [&](const Json& image) { coco.add_image(image); });
  for_each(path, file, "annotations", [&](const Json& object) { coco.add_annotation(object); });
  return coco;
}

// "annotations/instances_val2017.json" -> "val2017", "images/val2017" or the folder of the file.
std::string image_folder_of(const std::string& path, const std::string& image) {
  const fs::path folder = fs::path(path).parent_path();
  std::string part = fs::path(path).stem().string();
  part = part.substr(part.find('_') + 1);
  for (const fs::path& base : {folder, folder.parent_path()}) {
    for (const fs::path& below : {fs::path(part), fs::path("images") / part, fs::path()}) {
      std::error_code ignored;  // what cannot be looked at is no file
      if (fs::is_regular_file(base / below / image, ignored)) return (base / below).string();
    }
  }
  return folder.string();
}

}  // namespace

bool is_coco(const std::string& text) { return text.ends_with(".json"); }

std::unique_ptr<Dataset> open_coco(const std::string& text) {
  Coco coco = read_coco(text);
  ImageList list;
  for (const std::int64_t id : coco.order) {
    CocoImage& image = coco.images.at(id);
    if (image.boxes.empty()) continue;
    list.entries.push_back(
        {list.entries.size(), annotated_label(std::move(image.boxes)), std::move(image.file)});
  }
  for (auto& [id, name] : coco.categories) list.class_names.push_back(std::move(name));
  if (!list.entries.empty()) list.root = image_folder_of(text, list.entries.front().path);
  return open_listed_images(text, std::move(list));
}

}  // namespace qbench
