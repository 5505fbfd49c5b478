// Image files named one by one, with their labels: what folders, lists and annotations come down
// to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"

namespace qbench {

struct ListedImage {
  std::string path;  // relative to the list's root
  std::vector<float> label{};
  std::uint64_t id = 0;
  std::string label_place{};  // as messages name it; empty: as the image
  // Size in pixels that boxes were made fractions by; 0: that of the image.
  double width = 0;
  double height = 0;
};

struct ImageList {
  std::string root;  // folder of the images' paths
  std::vector<ListedImage> images{};
  std::vector<std::string> class_names{};  // empty: not known
  ClassNumbers class_numbers = ClassNumbers::stored;
  bool by_class = false;   // images lie class by class
  bool annotated = false;  // labels hold corners unrounded
  std::vector<std::string> notices{};
};

// Throws Error naming `description` when the list is empty or one of its files is missing. Reading
// an image whose size has not the ratio that was annotated throws Error; one that was only scaled
// is a notice.
std::unique_ptr<Dataset> open_listed_images(const std::string& description, ImageList list);

// How the names of image files end, in lower or upper case. What they hold tells their format.
inline constexpr std::array<std::string_view, 13> kImageExtensions = {
    ".jpg",  ".jpeg", ".jpe",  ".jfif", ".png", ".bmp", ".dib",
    ".webp", ".tif",  ".tiff", ".ppm",  ".pgm", ".pbm"};

// Whether the name is that of an image that can be read, by its extension in any case.
bool is_image_name(std::string_view path);
std::string image_extensions();  // ".jpg, .jpeg, ..."

// Files below a folder at any depth, links followed; paths relative to the root, sorted. What
// begins with a dot is hidden and left out.
struct FoundImages {
  std::vector<std::string> images;
  std::vector<std::string> others;  // whose names are of no image
};
// Throws Error naming a folder that cannot be read, a link to nothing, or one that leads back to
// a folder it lies in.
FoundImages find_images(const std::string& root, const std::string& subfolder);

// "3 MANY: a, b, ..." or "1 ONE: a", with the first of the names.
std::string counted(std::size_t count, std::string_view one, std::string_view many,
                    const std::vector<std::string>& names);

// Says that files which are no images were left out; empty when there are none.
std::string left_out_notice(const std::vector<std::string>& files);

}  // namespace qbench
