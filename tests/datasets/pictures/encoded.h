// Image files put together byte by byte, for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

using Encoded = std::vector<std::byte>;

inline void append(Encoded& bytes, std::string_view text) {
  const auto more = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// `size` bytes of `value`.
inline void append_number(Encoded& bytes, std::uint32_t value, int size, bool big_endian) {
  for (int i = 0; i < size; ++i) {
    const int shift = 8 * (big_endian ? size - 1 - i : i);
    bytes.push_back(static_cast<std::byte>(value >> static_cast<unsigned>(shift) & 0xFFU));
  }
}

// A TIFF header and a directory with one entry, the orientation.
inline Encoded exif(std::uint32_t orientation, bool big_endian = true) {
  Encoded bytes;
  append(bytes, big_endian ? "MM" : "II");
  const auto number = [&](std::uint32_t value, int size) {
    append_number(bytes, value, size, big_endian);
  };
  number(42, 2);
  number(8, 4);
  number(1, 2);      // entries
  number(0x112, 2);  // orientation
  number(3, 2);      // 16 bits
  number(1, 4);      // one of them
  number(orientation, 2);
  number(0, 2);
  number(0, 4);  // no other directory
  return bytes;
}

// A JPEG segment behind the start of `jpeg`.
inline Encoded with_segment(const Encoded& jpeg, unsigned char marker, const Encoded& content) {
  Encoded bytes(jpeg.begin(), jpeg.begin() + 2);
  append_number(bytes, 0xFF00U | marker, 2, true);
  append_number(bytes, static_cast<std::uint32_t>(content.size() + 2), 2, true);
  bytes.insert(bytes.end(), content.begin(), content.end());
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

inline Encoded with_exif(const Encoded& jpeg, const Encoded& tiff) {
  Encoded content;
  append(content, std::string_view("Exif\0\0", 6));
  content.insert(content.end(), tiff.begin(), tiff.end());
  return with_segment(jpeg, 0xE1, content);
}

}  // namespace qbench
