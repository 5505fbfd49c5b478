#include "datasets/record_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::uint64_t kHeaderSize = 8;  // magic, then part and length
constexpr unsigned kLengthBits = 29;
constexpr std::uint32_t kLengthMask = (1U << kLengthBits) - 1;

enum PartFlag : unsigned { kWhole = 0, kFirst = 1, kMiddle = 2, kLast = 3 };

constexpr std::uint64_t round_up_to_4(std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; }

// The two numbers of an index line, "key <tab> offset"; false when it has another form.
bool parse_index_line(std::string_view line, std::uint64_t& offset) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t tab = line.find('\t');
  if (tab == 0 || tab == std::string_view::npos) return false;
  const std::string_view number = line.substr(tab + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), offset);
  return error == std::errc{} && end == number.data() + number.size();
}

}  // namespace

std::string index_path_of(const std::string& record_path) {
  return std::filesystem::path(record_path).replace_extension(".idx").string();
}

RecordReader::RecordReader(const std::string& path) : file_(path) {
  const std::string index_path = index_path_of(path);
  std::error_code ignored;
  if (index_path != path && std::filesystem::exists(index_path, ignored)) {
    load_index(index_path);
  } else {
    scan();
  }
}

RecordReader::Part RecordReader::part_at(std::uint64_t offset) const {
  std::array<std::uint32_t, 2> header{};
  if (file_.size() - offset < kHeaderSize) {
    throw Error(fmt::format("{}: file ends at byte {} inside the record header at byte {}", path(),
                            file_.size(), offset));
  }
  file_.read(offset, std::as_writable_bytes(std::span(header)));
  if (header[0] != kRecordMagic) {
    throw Error(fmt::format("{}: found {:#010x} at byte {}, expected the record magic {:#010x}",
                            path(), header[0], offset, kRecordMagic));
  }
  const std::uint64_t length = header[1] & kLengthMask;
  const std::uint64_t begin = offset + kHeaderSize;
  const std::uint64_t end = begin + round_up_to_4(length);
  if (end > file_.size()) {
    throw Error(
        fmt::format("{}: record at byte {} has {} bytes of payload, but the file ends at byte {}",
                    path(), offset, length, file_.size()));
  }
  return {header[1] >> kLengthBits, begin, length, end};
}

template <class Visit>
std::uint64_t RecordReader::for_each_part(std::uint64_t offset, Visit visit) const {
  Part part = part_at(offset);
  if (part.flag != kWhole && part.flag != kFirst) {
    throw Error(
        fmt::format("{}: part {} of a split record at byte {}, expected the start of a record",
                    path(), part.flag, offset));
  }
  visit(part);
  for (bool split = part.flag == kFirst; split; split = part.flag != kLast) {
    const std::uint64_t next = part.end;
    if (next == file_.size()) {
      throw Error(
          fmt::format("{}: file ends at byte {} inside the split record that begins at byte {}",
                      path(), next, offset));
    }
    part = part_at(next);
    if (part.flag != kMiddle && part.flag != kLast) {
      throw Error(
          fmt::format("{}: part {} at byte {}, expected more of the split record that begins at "
                      "byte {}",
                      path(), part.flag, next, offset));
    }
    visit(part);
  }
  return part.end;
}

void RecordReader::scan() {
  for (std::uint64_t offset = 0; offset < file_.size();) {
    const std::uint64_t end = for_each_part(offset, [](const Part&) {});
    offsets_.push_back(offset);
    offset = end;
  }
}

void RecordReader::load_index(const std::string& index_path) {
  const std::string text = read_text(index_path);
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    std::uint64_t offset = 0;
    if (!parse_index_line(line, offset)) {
      throw Error(fmt::format("{}: line {}: expected a key, a tab and a byte offset", index_path,
                              line_number));
    }
    offsets_.push_back(offset);
  }
  std::ranges::sort(offsets_);

  const auto mismatch = [&](const std::string& what) {
    return Error(fmt::format("{}: does not fit {}: {}; delete the index, or write it again",
                             index_path, path(), what));
  };
  if (std::ranges::adjacent_find(offsets_) != offsets_.end())
    throw mismatch("an offset occurs twice");
  if (offsets_.empty() != (file_.size() == 0)) {
    throw mismatch(fmt::format("{} entries for a file of {} bytes", offsets_.size(), file_.size()));
  }
  if (offsets_.empty()) return;
  if (offsets_.front() != 0) throw mismatch("no record at byte 0");
  if (offsets_.back() >= file_.size()) {
    throw mismatch(
        fmt::format("an offset of {} in a file of {} bytes", offsets_.back(), file_.size()));
  }
  const std::uint64_t end = for_each_part(offsets_.back(), [](const Part&) {});
  if (end != file_.size()) {
    throw mismatch(
        fmt::format("its last record ends at byte {}, the file at byte {}", end, file_.size()));
  }
}

std::vector<std::byte> RecordReader::read(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw Error(fmt::format("{}: record {} of {}", path(), index, size()));
  }
  const auto i = static_cast<std::size_t>(index);
  std::vector<std::byte> payload;
  const std::uint64_t end = for_each_part(offsets_[i], [&](const Part& part) {
    if (part.flag == kMiddle || part.flag == kLast) {
      const auto magic = std::as_bytes(std::span(&kRecordMagic, 1));
      payload.insert(payload.end(), magic.begin(), magic.end());
    }
    const std::size_t old_size = payload.size();
    payload.resize(old_size + part.length);
    file_.read(part.begin, std::span(payload).subspan(old_size));
  });
  const std::uint64_t expected_end = i + 1 < offsets_.size() ? offsets_[i + 1] : file_.size();
  if (end != expected_end) {
    throw Error(
        fmt::format("{}: record {} at byte {} ends at byte {}, but the next begins at byte {}; "
                    "the .idx file belongs to another file",
                    path(), index, offsets_[i], end, expected_end));
  }
  return payload;
}

RecordWriter::RecordWriter(const std::string& path) : records_(path), index_(index_path_of(path)) {
  if (index_path_of(path) == path)
    throw Error(path + ": is no name for a record file, expected NAME.rec");
}

void RecordWriter::write_part(unsigned flag, std::span<const std::byte> payload) {
  const std::array<std::uint32_t, 2> header{
      kRecordMagic, (flag << kLengthBits) | static_cast<std::uint32_t>(payload.size())};
  records_.write(std::as_bytes(std::span(header)));
  records_.write(payload);
}

void RecordWriter::write(std::uint64_t key, std::span<const std::byte> payload) {
  if (payload.size() > kLengthMask) {
    throw Error(
        fmt::format("record {} has {} bytes, expected fewer than 2^29", key, payload.size()));
  }
  index_.write(fmt::format("{}\t{}\n", key, records_.position()));

  std::size_t part_begin = 0;
  for (std::size_t i = 0; i + 4 <= payload.size(); i += 4) {
    if (std::memcmp(payload.data() + i, &kRecordMagic, 4) != 0) continue;
    write_part(part_begin == 0 ? kFirst : kMiddle, payload.subspan(part_begin, i - part_begin));
    part_begin = i + 4;
  }
  write_part(part_begin == 0 ? kWhole : kLast, payload.subspan(part_begin));
  constexpr std::array<std::byte, 3> kPadding{};
  records_.write(std::span(kPadding).first(round_up_to_4(payload.size()) - payload.size()));
}

void RecordWriter::finish() {
  records_.finish();
  index_.finish();
  records_.commit();
  index_.commit();
}

}  // namespace qbench
