#include "datasets/listed_images.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#include "datasets/detection_label.h"
#include "datasets/file.h"
#include "datasets/image.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 5;        // names in a notice
constexpr double kSameRatio = 0.02;      // by which sides differ that were rounded when scaled
constexpr std::size_t kMostDepth = 200;  // folders in folders

class ListedImages : public Dataset {
 public:
  ListedImages(std::string description, ImageList list)
      : description_(std::move(description)), list_(std::move(list)) {}

  std::int64_t size() const override { return std::ssize(list_.images); }

  Sample read(std::int64_t index) const override {
    const ListedImage& image = list_.images[checked_index(index, size())];
    Sample sample{read_file(file_of(image)), image.label, image.id};
    if (image.width > 0) compare_sizes(image, sample);
    return sample;
  }

  std::string name(std::int64_t index) const override {
    return list_.images[checked_index(index, size())].path;
  }

  std::string label_place(std::int64_t index) const override {
    const std::string& place = list_.images[checked_index(index, size())].label_place;
    return place.empty() ? Dataset::label_place(index) : place;
  }

  std::string description() const override { return description_; }
  std::vector<std::string> class_names() const override { return list_.class_names; }
  ClassNumbers class_numbers() const override { return list_.class_numbers; }
  bool lies_by_class() const override { return list_.by_class; }

  std::vector<float> packed_label(const Sample& sample) const override {
    return list_.annotated ? rounded_detection_label(sample.label) : sample.label;
  }

  std::vector<std::string> notices() const override {
    std::vector<std::string> notices = list_.notices;
    const std::lock_guard lock(mutex_);
    if (!scaled_.empty()) {
      notices.push_back(counted(
          scaled_.size(), "image of another size than annotated, at the same ratio (boxes scaled)",
          "images of another size than annotated, at the same ratio (boxes scaled)", scaled_));
    }
    return notices;
  }

  std::string content_hash() const override {
    Hasher hasher;
    for (const ListedImage& image : list_.images) {
      hasher.add(std::string_view(image.path));
      hasher.add(std::as_bytes(std::span(&image.id, 1)));
      hasher.add(std::as_bytes(std::span(image.label)));
      hasher.add(hash_file(file_of(image)));
    }
    return hasher.hex();
  }

 private:
  std::string file_of(const ListedImage& image) const {
    return (fs::path(list_.root) / image.path).string();
  }

  // Boxes are fractions of the annotated size, which must have the image's ratio.
  void compare_sizes(const ListedImage& image, const Sample& sample) const {
    const ImageInfo info = [&] {
      try {
        return image_info(sample.encoded);
      } catch (const Error& error) {
        throw error.at(fmt::format("{}: {}", description_, image.path));
      }
    }();
    if (image.width == info.width && image.height == info.height) return;
    const double across = info.width / image.width;
    const double down = info.height / image.height;
    if (std::abs(across - down) > kSameRatio * std::max(across, down)) {
      throw Error(fmt::format(
          "{}: annotated for an image of {} x {} pixels, but {} has {} x {}{}",
          image.label_place.empty() ? description_ : image.label_place, image.width, image.height,
          image.path, info.width, info.height,
          image.width == info.height && image.height == info.width
              ? ": width and height have changed places, so the boxes may be those of a turned "
                "image"
              : "; expected its size, or one of the same ratio"));
    }
    const std::lock_guard lock(mutex_);
    if (std::ranges::count(scaled_, image.path) == 0) scaled_.push_back(image.path);
  }

  std::string description_;
  ImageList list_;
  mutable std::mutex mutex_;
  mutable std::vector<std::string> scaled_;  // images read so far
};

// A walk through folders that remembers which ones it is in.
class Walk {
 public:
  explicit Walk(fs::path root) : root_(std::move(root)) {}

  void enter(const fs::path& folder) {
    const fs::path real = fs::canonical(folder);
    if (std::ranges::count(inside_, real) > 0 || inside_.size() >= kMostDepth)
      throw Error(folder.string() + ": is a link that leads back to a folder it lies in");
    inside_.push_back(real);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (!entry.path().filename().string().starts_with('.')) look_at(entry);
    }
    inside_.pop_back();
  }

  FoundImages take() && {
    std::ranges::sort(found_.images);
    std::ranges::sort(found_.others);
    return std::move(found_);
  }

 private:
  void look_at(const fs::directory_entry& entry) {
    std::error_code failure;
    const fs::file_status status = entry.status(failure);
    if (status.type() == fs::file_type::not_found || status.type() == fs::file_type::none)
      throw Error(entry.path().string() + ": is a link to nothing, or cannot be looked at");
    if (fs::is_directory(status)) return enter(entry.path());
    std::string path = entry.path().lexically_relative(root_).generic_string();
    const bool image = fs::is_regular_file(status) && is_image_name(path);
    (image ? found_.images : found_.others).push_back(std::move(path));
  }

  fs::path root_;
  std::vector<fs::path> inside_;
  FoundImages found_;
};

}  // namespace

std::unique_ptr<Dataset> open_listed_images(const std::string& description, ImageList list) {
  if (list.images.empty()) throw Error(description + ": lists no images");
  for (const ListedImage& image : list.images) {
    std::error_code ignored;  // what cannot be looked at is no file
    if (!fs::is_regular_file(fs::path(list.root) / image.path, ignored)) {
      throw Error(fmt::format("{}: lists {}, which is no file in {}", description, image.path,
                              list.root.empty() ? "." : list.root));
    }
  }
  return std::make_unique<ListedImages>(description, std::move(list));
}

bool is_image_name(std::string_view path) {
  std::string extension = fs::path(path).extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::count(kImageExtensions, extension) > 0;
}

std::string image_extensions() { return fmt::format("{}", fmt::join(kImageExtensions, ", ")); }

FoundImages find_images(const std::string& root, const std::string& subfolder) {
  Walk walk(root);
  try {
    walk.enter(fs::path(root) / subfolder);
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
  }
  return std::move(walk).take();
}

std::string counted(std::size_t count, std::string_view one, std::string_view many,
                    const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kShown);
  return fmt::format(
      "{} {}: {}{}", count, count == 1 ? one : many,
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < count ? ", ..." : "");
}

std::string left_out_notice(const std::vector<std::string>& files) {
  if (files.empty()) return {};
  return counted(files.size(), "file was left out", "files were left out", files) +
         fmt::format(" (images are {})", image_extensions());
}

}  // namespace qbench
