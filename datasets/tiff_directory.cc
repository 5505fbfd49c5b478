#include "datasets/tiff_directory.h"

namespace qbench {
namespace {

constexpr std::uint64_t kEntryBytes = 12;  // tag, type, count, value or where the values lie
constexpr std::uint32_t kLong = 4;         // type of 32-bit numbers

}  // namespace

std::optional<std::uint32_t> TiffDirectory::value_at(std::uint64_t offset, unsigned size) const {
  if (offset > bytes_.size() || bytes_.size() - offset < size) return std::nullopt;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    const unsigned place = big_endian_ ? i : size - 1 - i;
    value = value << 8U | std::to_integer<std::uint32_t>(bytes_[offset + place]);
  }
  return value;
}

std::optional<TiffDirectory> TiffDirectory::first_of(std::span<const std::byte> bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1]) return std::nullopt;
  const bool big_endian = bytes[0] == std::byte{'M'};
  if (!big_endian && bytes[0] != std::byte{'I'}) return std::nullopt;
  TiffDirectory directory(bytes, big_endian);
  if (directory.value_at(2, 2) != 42U) return std::nullopt;
  directory.offset_ = *directory.value_at(4, 4);
  if (!directory.value_at(directory.offset_, 2)) return std::nullopt;
  return directory;
}

std::optional<std::uint64_t> TiffDirectory::entry_of(std::uint16_t tag) const {
  const std::uint32_t entries = value_at(offset_, 2).value_or(0);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::uint64_t entry = std::uint64_t{offset_} + 2 + i * kEntryBytes;
    const std::optional<std::uint32_t> found = value_at(entry, 2);
    if (!found) return std::nullopt;  // cut short
    if (*found == tag) return entry;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> TiffDirectory::number(std::uint16_t tag) const {
  const std::optional<std::uint64_t> entry = entry_of(tag);
  if (!entry) return std::nullopt;
  const unsigned size = value_at(*entry + 2, 2) == kLong ? 4 : 2;
  const std::uint64_t count = value_at(*entry + 4, 4).value_or(0);
  if (count * size <= 4) return value_at(*entry + 8, size);
  const std::optional<std::uint32_t> place = value_at(*entry + 8, 4);
  return place ? value_at(*place, size) : std::nullopt;
}

std::optional<std::uint32_t> TiffDirectory::short_inside(std::uint16_t tag) const {
  const std::optional<std::uint64_t> entry = entry_of(tag);
  return entry ? value_at(*entry + 8, 2) : std::nullopt;
}

}  // namespace qbench
