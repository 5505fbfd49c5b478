// Hundreds of damaged record files: every cut, and many random changes. Each must be read or
// refused with an Error; nothing else may happen. The sanitizers see what a comparison cannot.
#include <cstring>
#include <utility>

#include "datasets/file.h"
#include "datasets/image.h"
#include "datasets/image_record.h"
#include "datasets/random.h"
#include "datasets/record_io.h"
#include "datasets/shapes.h"
#include "datasets/transform.h"
#include "datasets/verify.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

// A few records: PNG, JPEG, a label vector, a split one.
std::vector<std::byte> small_file(const TestFolder& folder) {
  const Image image = pattern_image(5, 4);
  const auto magic = std::as_bytes(std::span(&kRecordMagic, 1));
  RecordWriter writer(folder.file("seed.rec"));
  writer.write(0, make_image_record({encode_png(image), {1}, 0}));
  writer.write(1, make_image_record({encode_jpeg(image, 50), {2, 5, 0.5F}, 1}));
  writer.write(2, make_image_record({{magic.begin(), magic.end()}, {3}, 2}));
  writer.finish();
  return read_file(folder.file("seed.rec"));
}

// Reads all that can be read. Returns whether the whole file was good.
bool survives(const std::string& path, std::span<const std::byte> bytes) {
  write_bytes(path, bytes);
  try {
    const RecordReader reader(path);
    bool good = true;
    for (std::int64_t i = 0; i < reader.size(); ++i) {
      try {
        const Sample sample = parse_image_record(reader.read(i));
        crop_pixels(sample.encoded, {.height = 6, .width = 6});
      } catch (const Error&) {
        good = false;
      }
    }
    return good;
  } catch (const Error&) {
    return false;
  }
}

TEST(RecordMutation, EveryCut) {
  const TestFolder folder;
  const std::vector<std::byte> bytes = small_file(folder);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    survives(folder.file("cut.rec"), std::span(bytes).first(size));
  }
}

TEST(RecordMutation, RandomChanges) {
  const TestFolder folder;
  const std::vector<std::byte> bytes = small_file(folder);
  Random random(1);
  for (int round = 0; round < 800; ++round) {
    std::vector<std::byte> mutant = bytes;
    for (std::uint32_t change = 0; change <= random.below(3); ++change) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(mutant.size()));
      mutant[at] = static_cast<std::byte>(random.chance(0.3F) ? 0xFF : random.below(256));
    }
    survives(folder.file("mutant.rec"), mutant);
  }
}

TEST(RecordMutation, EveryCutOfAnImageIsRefused) {
  const Image image = pattern_image(9, 7);
  constexpr std::size_t kEndMarker = 2;  // of JPEG, without which all pixels are there
  for (const auto& [encoded, spare] :
       {std::pair{encode_png(image), std::size_t{0}}, {encode_jpeg(image, 90), kEndMarker}}) {
    EXPECT_NO_THROW(decode_image(encoded));
    for (std::size_t size = 0; size < encoded.size() - spare; ++size) {
      EXPECT_THROW(decode_image(std::span(encoded).first(size)), Error) << size;
    }
  }
}

TEST(RecordMutation, RandomlyChangedImages) {
  const Image image = pattern_image(16, 16);
  Random random(2);
  for (const std::vector<std::byte>& encoded : {encode_png(image), encode_jpeg(image, 90)}) {
    for (int round = 0; round < 3000; ++round) {
      std::vector<std::byte> mutant = encoded;
      const std::size_t at = random.below(static_cast<std::uint32_t>(mutant.size()));
      mutant[at] = static_cast<std::byte>(random.below(256));
      try {
        decode_image(mutant);
      } catch (const Error&) {
        continue;
      }
    }
  }
}

}  // namespace
}  // namespace qbench
