#include "engine/formats/input_shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::size_t kImageRank = 3;  // C, H, W

// "3,224,?"
std::string text_of(const std::vector<std::int64_t>& dims) {
  std::string text;
  for (const std::int64_t dim : dims) {
    if (!text.empty()) text += ',';
    text += dim > 0 ? std::to_string(dim) : "?";
  }
  return text;
}

void note(const ImportOptions& options, std::string notice) {
  if (options.notices != nullptr) options.notices->push_back(std::move(notice));
}

std::vector<std::int64_t> given_shape(const std::vector<std::int64_t>& image,
                                      const ImportOptions& options) {
  std::vector<std::int64_t> given = options.image_shape->dims();
  const bool fits = given.size() == kImageRank && (image[0] <= 0 || given[0] == image[0]);
  if (!fits) {
    throw Error(fmt::format("image shape {} was given, the file says {}: expected {} channel{}",
                            text_of(given), text_of(image), image[0] > 0 ? image[0] : 3,
                            image[0] == 1 ? "" : "s"));
  }
  bool differs = false;
  for (std::size_t i = 0; i < kImageRank; ++i)
    differs = differs || (image[i] > 0 && image[i] != given[i]);
  if (differs) {
    note(options, fmt::format("the file says image shape {}, {} is taken as it was given",
                              text_of(image), text_of(given)));
  }
  return given;
}

std::vector<std::int64_t> usual_shape(std::vector<std::int64_t> image,
                                      const ImportOptions& options) {
  const bool says_nothing = std::ranges::all_of(image, [](std::int64_t dim) { return dim <= 0; });
  const std::string found =
      says_nothing ? "the file does not say the image shape"
                   : fmt::format("the file leaves the image shape open ({})", text_of(image));
  if (!options.usual_shape) throw Error(found + ": one is needed");
  for (std::size_t i = 0; i < kImageRank; ++i) {
    if (image[i] <= 0) image[i] = (*options.usual_shape)[i];
  }
  note(options, fmt::format("{}, and none was given: {} is taken", found, text_of(image)));
  return image;
}

}  // namespace

Shape image_input_shape(std::vector<std::int64_t> dims, const ImportOptions& options) {
  if (dims.empty()) dims.assign(kImageRank + 1, 0);
  std::vector<std::int64_t> image(dims.begin() + 1, dims.end());
  if (options.image_shape) {
    image = given_shape(image, options);
  } else if (std::ranges::any_of(image, [](std::int64_t dim) { return dim <= 0; })) {
    image = usual_shape(std::move(image), options);
  }
  image.insert(image.begin(), std::max<std::int64_t>(dims[0], 1));
  return Shape(std::move(image));
}

}  // namespace qbench
