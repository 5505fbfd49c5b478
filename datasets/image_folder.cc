#include "datasets/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "datasets/file.h"
#include "datasets/image_record.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

bool is_image(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

class ImageFolder : public Dataset {
 public:
  ImageFolder(std::string description, fs::path root, std::vector<ListEntry> entries,
              std::vector<std::string> class_names)
      : description_(std::move(description)),
        root_(std::move(root)),
        entries_(std::move(entries)),
        class_names_(std::move(class_names)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(entries_.size()); }

  Sample read(std::int64_t index) const override {
    const ListEntry& entry = entries_[checked_index(index, size())];
    return {read_file((root_ / entry.path).string()), entry.label, entry.id};
  }

  std::string name(std::int64_t index) const override {
    return entries_[checked_index(index, size())].path;
  }

  std::string description() const override { return description_; }
  std::vector<std::string> class_names() const override { return class_names_; }

  std::string content_hash() const override {
    Hasher hasher;
    for (const ListEntry& entry : entries_) {
      hasher.add(std::string_view(entry.path));
      hasher.add(std::as_bytes(std::span(&entry.id, 1)));
      hasher.add(std::as_bytes(std::span(entry.label)));
      hasher.add(hash_file((root_ / entry.path).string()));
    }
    return hasher.hex();
  }

 private:
  std::string description_;
  fs::path root_;
  std::vector<ListEntry> entries_;
  std::vector<std::string> class_names_;
};

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

std::vector<std::string> images_below(const fs::path& root, const std::string& subfolder) {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / subfolder)) {
    if (entry.is_regular_file() && is_image(entry.path())) {
      paths.push_back(entry.path().lexically_relative(root).generic_string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

std::unique_ptr<Dataset> open_list(const std::string& path) {
  const fs::path root = fs::path(path).parent_path();
  std::vector<ListEntry> entries = read_list(path);
  if (entries.empty()) throw Error(path + ": lists no images");
  for (const ListEntry& entry : entries) {
    if (!fs::is_regular_file(root / entry.path)) {
      throw Error(fmt::format("{}: lists {}, which is no file in {}", path, entry.path,
                              root.empty() ? "." : root.string()));
    }
  }
  return std::make_unique<ImageFolder>(path, root, std::move(entries), std::vector<std::string>{});
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
    for (std::string& image : images_below(root, classes[label])) {
      entries.push_back({entries.size(), {static_cast<float>(label)}, std::move(image)});
    }
  }
  if (entries.empty()) throw Error(path + ": has no .jpg, .jpeg or .png files in its subfolders");
  return std::make_unique<ImageFolder>(path, root, std::move(entries), std::move(classes));
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
