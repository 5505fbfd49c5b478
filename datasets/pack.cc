#include "datasets/pack.h"

#include <fmt/format.h>

#include <cstdio>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/doubts.h"
#include "datasets/image.h"
#include "datasets/image_record.h"
#include "datasets/random.h"
#include "datasets/record_io.h"
#include "datasets/resize.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

std::vector<std::int64_t> packing_order(std::int64_t count, std::optional<std::uint64_t> seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (!seed) return order;
  Random random(*seed);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  }
  return order;
}

std::vector<std::byte> packed_image(std::vector<std::byte> encoded, const PackOptions& options,
                                    std::string_view& doubt) {
  if (options.pass_through) {
    image_info(encoded);  // an image at least by its header
    return encoded;
  }
  Image image = decode_image(encoded, 3, &doubt);
  if (options.resize_short > 0) image = resize_short_side(image, options.resize_short);
  return encode_jpeg(image, options.quality);
}

}  // namespace

Packed pack(const Dataset& images, const std::string& prefix, const PackOptions& options) {
  if (options.resize_short < 0 || (options.pass_through && options.resize_short > 0)) {
    throw Error(fmt::format("shorter side of {} pixels{}", options.resize_short,
                            options.pass_through ? ", but images are to be kept as they are" : ""));
  }
  RecordWriter writer(prefix + ".rec");
  std::vector<ListEntry> list;
  Doubts doubts;
  for (const std::int64_t index : packing_order(images.size(), options.shuffle_seed)) {
    try {
      std::string_view doubt;
      Sample sample = images.read(index);
      sample.label = images.packed_label(sample);
      if (!options.pack_label) sample.label.resize(1);
      sample.encoded = packed_image(std::move(sample.encoded), options, doubt);
      doubts.add(doubt, images.name(index));
      writer.write(sample.id, make_image_record(sample));
      list.push_back({sample.id, std::move(sample.label), images.name(index)});
    } catch (const Error& error) {
      throw error.at(fmt::format("{}: {}", images.description(), images.name(index)));
    }
  }
  write_list(prefix + ".lst", list);
  try {
    writer.finish();
  } catch (...) {
    std::remove((prefix + ".lst").c_str());
    throw;
  }
  Packed packed{.records = std::ssize(list), .notices = images.notices()};
  for (std::string& notice : doubts.notices()) packed.notices.push_back(std::move(notice));
  return packed;
}

}  // namespace qbench
