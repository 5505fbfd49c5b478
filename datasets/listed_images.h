// Image files named one by one, with their labels: what folders, lists and annotations come down
// to.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/image_record.h"

namespace qbench {

struct ImageList {
  std::string root;  // folder of the entries' paths
  std::vector<ListEntry> entries;
  std::vector<std::string> class_names;  // empty: not known
};

// Throws Error naming `description` when the list is empty or one of its files is missing.
std::unique_ptr<Dataset> open_listed_images(const std::string& description, ImageList list);

// How the names of image files end, in lower or upper case. What they hold tells their format.
inline constexpr std::array<std::string_view, 13> kImageExtensions = {
    ".jpg",  ".jpeg", ".jpe",  ".jfif", ".png", ".bmp", ".dib",
    ".webp", ".tif",  ".tiff", ".ppm",  ".pgm", ".pbm"};

// Paths, relative to `root`, of the image files in root/subfolder at any depth, sorted.
std::vector<std::string> images_below(const std::string& root, const std::string& subfolder);

}  // namespace qbench
