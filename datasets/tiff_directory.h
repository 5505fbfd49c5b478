// The first directory of a TIFF file, which is also what EXIF data begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace qbench {

// Looks at bytes of others: whatever they say, nothing outside them is read.
class TiffDirectory {
 public:
  // Nothing when `bytes` do not begin with a TIFF header that points to a directory inside them.
  static std::optional<TiffDirectory> first_of(std::span<const std::byte> bytes);

  // The first number of the entry `tag`, of 16 bits or, when its type says so, 32.
  std::optional<std::uint32_t> number(std::uint16_t tag) const;

  // The first 16 bits in the entry `tag` itself, whatever it says of their type and count.
  std::optional<std::uint32_t> short_inside(std::uint16_t tag) const;

 private:
  TiffDirectory(std::span<const std::byte> bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}
  std::optional<std::uint32_t> value_at(std::uint64_t offset, unsigned size) const;
  std::optional<std::uint64_t> entry_of(std::uint16_t tag) const;

  std::span<const std::byte> bytes_;
  bool big_endian_;
  std::uint32_t offset_ = 0;  // of the directory
};

}  // namespace qbench
