#include "datasets/image_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "datasets/annotations.h"
#include "datasets/image_record.h"
#include "datasets/listed_images.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kParts = {"test", "train", "training",
                                                    "val",  "valid", "validation"};

// Names of what lies directly in `folder`, is not hidden and satisfies `wanted`, sorted.
template <class Wanted>
std::vector<std::string> sorted_names(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && wanted(entry)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<Dataset> open_list(const std::string& path) {
  ImageList list{.root = fs::path(path).parent_path().string()};
  for (ListEntry& entry : read_list(path)) {
    list.images.push_back(
        {.path = std::move(entry.path), .label = std::move(entry.label), .id = entry.id});
  }
  return open_listed_images(path, std::move(list));
}

// A subfolder with images.
struct ClassFolder {
  std::string name;
  std::vector<std::string> images;
};

bool is_number(const ClassFolder& folder) {
  return std::ranges::all_of(folder.name, [](char c) { return c >= '0' && c <= '9'; });
}

// 2 before 10, and 02 before 2: by value without the zeros in front, then by text.
auto value_of(const ClassFolder& folder) {
  const std::string_view digits(folder.name);
  const std::string_view value =
      digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  return std::tuple(value.size(), value, digits);
}

// Folders of folders that are data sets themselves, or parts of one (train, val), are no classes.
void refuse_nested(const std::string& path, const std::vector<ClassFolder>& folders) {
  std::vector<std::string> sets;
  for (const ClassFolder& folder : folders) {
    const std::string below = (fs::path(path) / folder.name).string();
    if (is_voc(below) || is_yolo(below)) sets.push_back(below);
  }
  const bool parts = std::ranges::all_of(folders, [](const ClassFolder& folder) {
    return std::ranges::count(kParts, folder.name) > 0 &&
           std::ranges::count(folder.images.front(), '/') > 1;
  });
  if (sets.empty() && parts) {
    for (const ClassFolder& folder : folders)
      sets.push_back((fs::path(path) / folder.name).string());
  }
  if (sets.empty()) return;
  throw Error(fmt::format("{}: holds data sets, not classes; choose one of: {}", path,
                          fmt::join(sets, ", ")));
}

std::vector<ClassFolder> class_folders(const std::string& path, ImageList& list) {
  std::vector<ClassFolder> folders;
  std::vector<std::string> others;
  for (std::string& name :
       sorted_names(path, [](const fs::directory_entry& entry) { return entry.is_directory(); })) {
    FoundImages found = find_images(path, name);
    std::ranges::move(found.others, std::back_inserter(others));
    if (!found.images.empty()) folders.push_back({std::move(name), std::move(found.images)});
  }
  if (!others.empty()) list.notices.push_back(left_out_notice(others));
  if (std::ranges::all_of(folders, is_number)) std::ranges::sort(folders, {}, value_of);
  return folders;
}

int number_of(const ClassFolder& folder, const std::string& path, const OpenOptions& options,
              std::size_t position) {
  if (options.classes.empty()) return static_cast<int>(position);
  if (const std::optional<int> number = options.classes.find(folder.name)) return *number;
  if (!options.labels) return static_cast<int>(position);
  throw Error(fmt::format("{}: the folder is none of the class names given, which are {}",
                          (fs::path(path) / folder.name).string(), options.classes.summary()));
}

void note_stray_images(const std::string& path, ImageList& list) {
  const std::vector<std::string> stray = sorted_names(path, [](const fs::directory_entry& entry) {
    return entry.is_regular_file() && is_image_name(entry.path().string());
  });
  if (stray.empty()) return;
  list.notices.push_back(counted(stray.size(), "image beside the class folders was left out",
                                 "images beside the class folders were left out", stray));
}

std::unique_ptr<Dataset> open_folder(const std::string& path, const OpenOptions& options) {
  const fs::path root(path);
  ImageList list{.root = path};
  std::vector<ClassFolder> folders = class_folders(path, list);
  if (folders.empty()) {
    const std::vector<std::string> lists = sorted_names(
        root, [](const fs::directory_entry& entry) { return entry.path().extension() == ".lst"; });
    if (lists.size() == 1) return open_list((root / lists.front()).string());
    throw Error(
        fmt::format("{}: has no class subfolders with images ({}) and {} .lst files, "
                    "expected subfolders or one list{}",
                    path, image_extensions(), lists.size(),
                    list.notices.empty() ? "" : "; " + list.notices.front()));
  }
  if (options.labels) refuse_nested(path, folders);
  note_stray_images(path, list);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const int number = number_of(folders[i], path, options, i);
    for (std::string& image : folders[i].images) {
      list.images.push_back({.path = std::move(image),
                             .label = {static_cast<float>(number)},
                             .id = list.images.size()});
    }
    list.class_names.push_back(std::move(folders[i].name));
  }
  list.by_class = folders.size() > 1;
  list.class_numbers = ClassNumbers::position;
  if (!options.classes.empty()) {
    list.class_names = options.classes.names();
    list.class_numbers = ClassNumbers::given;
  }
  return open_listed_images(path, std::move(list));
}

}  // namespace

std::unique_ptr<Dataset> open_image_folder(const std::string& path, const OpenOptions& options) {
  try {
    return path.ends_with(".lst") ? open_list(path) : open_folder(path, options);
  } catch (const fs::filesystem_error& error) {
    const fs::path place = error.path1().empty() ? fs::path(path) : error.path1();
    throw Error(fmt::format("{}: {}", place.string(), error.code().message()));
  }
}

}  // namespace qbench
