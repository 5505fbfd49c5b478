#include "datasets/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "datasets/image_record.h"
#include "datasets/listed_images.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

// Names of what lies directly in `folder` and satisfies `wanted`, sorted.
template <class Wanted>
std::vector<std::string> sorted_names(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (wanted(entry)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<Dataset> open_list(const std::string& path) {
  return open_listed_images(path, {fs::path(path).parent_path().string(), read_list(path), {}});
}

std::unique_ptr<Dataset> open_folder(const std::string& path) {
  const fs::path root(path);
  std::vector<std::string> classes =
      sorted_names(root, [](const fs::directory_entry& entry) { return entry.is_directory(); });
  if (classes.empty()) {
    const std::vector<std::string> lists = sorted_names(
        root, [](const fs::directory_entry& entry) { return entry.path().extension() == ".lst"; });
    if (lists.size() == 1) return open_list((root / lists.front()).string());
    throw Error(
        fmt::format("{}: has no class subfolders and {} .lst files, expected subfolders or "
                    "one list",
                    path, lists.size()));
  }
  std::vector<ListEntry> entries;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    for (std::string& image : images_below(path, classes[label])) {
      entries.push_back({entries.size(), {static_cast<float>(label)}, std::move(image)});
    }
  }
  if (entries.empty()) throw Error(path + ": has no image files in its subfolders");
  return open_listed_images(path, {path, std::move(entries), std::move(classes)});
}

}  // namespace

std::unique_ptr<Dataset> open_image_folder(const std::string& path) {
  try {
    return path.ends_with(".lst") ? open_list(path) : open_folder(path);
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("{}: {}", path, error.code().message()));
  }
}

}  // namespace qbench
