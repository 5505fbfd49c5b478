#include "datasets/listed_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "datasets/file.h"
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
  return std::ranges::find(kImageExtensions, extension) != kImageExtensions.end();
}

class ListedImages : public Dataset {
 public:
  ListedImages(std::string description, ImageList list)
      : description_(std::move(description)), list_(std::move(list)) {}

  std::int64_t size() const override { return std::ssize(list_.entries); }

  Sample read(std::int64_t index) const override {
    const ListEntry& entry = list_.entries[checked_index(index, size())];
    return {read_file(file_of(entry)), entry.label, entry.id};
  }

  std::string name(std::int64_t index) const override {
    return list_.entries[checked_index(index, size())].path;
  }

  std::string description() const override { return description_; }
  std::vector<std::string> class_names() const override { return list_.class_names; }

  std::string content_hash() const override {
    Hasher hasher;
    for (const ListEntry& entry : list_.entries) {
      hasher.add(std::string_view(entry.path));
      hasher.add(std::as_bytes(std::span(&entry.id, 1)));
      hasher.add(std::as_bytes(std::span(entry.label)));
      hasher.add(hash_file(file_of(entry)));
    }
    return hasher.hex();
  }

 private:
  std::string file_of(const ListEntry& entry) const {
    return (fs::path(list_.root) / entry.path).string();
  }

  std::string description_;
  ImageList list_;
};

}  // namespace

std::unique_ptr<Dataset> open_listed_images(const std::string& description, ImageList list) {
  if (list.entries.empty()) throw Error(description + ": lists no images");
  for (const ListEntry& entry : list.entries) {
    std::error_code ignored;  // what cannot be looked at is no file
    if (!fs::is_regular_file(fs::path(list.root) / entry.path, ignored)) {
      throw Error(fmt::format("{}: lists {}, which is no file in {}", description, entry.path,
                              list.root.empty() ? "." : list.root));
    }
  }
  return std::make_unique<ListedImages>(description, std::move(list));
}

std::vector<std::string> images_below(const std::string& root, const std::string& subfolder) {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(root) / subfolder)) {
    if (entry.is_regular_file() && is_image(entry.path())) {
      paths.push_back(entry.path().lexically_relative(root).generic_string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace qbench
