#include "datasets/image_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "datasets/file.h"
#include "engine/core/error.h"
#include "engine/core/output_file.h"

namespace qbench {
namespace {

// The first bytes of a record's payload, little-endian.
struct Header {
  std::uint32_t label_count = 0;  // 0: one label, in `label`; else a vector follows
  float label = 0;
  std::uint64_t id = 0;
  std::uint64_t id2 = 0;
};
static_assert(sizeof(Header) == 24);

std::vector<std::string_view> split_at_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

template <class T>
T parse_number(std::string_view text, const char* what) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(fmt::format("found '{}', expected {}", text, what));
  }
  return value;
}

ListEntry parse_list_line(std::string_view line) {
  const std::vector<std::string_view> fields = split_at_tabs(line);
  if (fields.size() < 3) {
    throw Error(fmt::format("{} fields separated by tabs, expected an id, labels and a path",
                            fields.size()));
  }
  ListEntry entry;
  entry.id = parse_number<std::uint64_t>(fields.front(), "an id");
  for (std::size_t i = 1; i + 1 < fields.size(); ++i) {
    entry.label.push_back(parse_number<float>(fields[i], "a label"));
  }
  entry.path = fields.back();
  if (entry.path.empty()) throw Error("the path is empty");
  return entry;
}

}  // namespace

Sample parse_image_record(std::span<const std::byte> payload) {
  Header header;
  if (payload.size() < sizeof header) {
    throw Error(fmt::format("image record of {} bytes, expected a header of {}", payload.size(),
                            sizeof header));
  }
  std::memcpy(&header, payload.data(), sizeof header);
  payload = payload.subspan(sizeof header);

  Sample sample;
  sample.id = header.id;
  if (header.label_count == 0) {
    sample.label = {header.label};
  } else {
    if (header.label_count > payload.size() / sizeof(float)) {
      throw Error(fmt::format("image record announces {} labels, but has {} bytes after its header",
                              header.label_count, payload.size()));
    }
    sample.label.resize(header.label_count);
    std::memcpy(sample.label.data(), payload.data(), header.label_count * sizeof(float));
    payload = payload.subspan(header.label_count * sizeof(float));
  }
  sample.encoded.assign(payload.begin(), payload.end());
  return sample;
}

std::vector<std::byte> make_image_record(const Sample& sample) {
  if (sample.label.empty()) throw Error(fmt::format("sample {} has no label", sample.id));
  const bool vector = sample.label.size() > 1;
  const Header header{.label_count = vector ? static_cast<std::uint32_t>(sample.label.size()) : 0,
                      .label = vector ? 0 : sample.label.front(),
                      .id = sample.id};
  const std::size_t label_bytes = vector ? sample.label.size() * sizeof(float) : 0;
  std::vector<std::byte> payload(sizeof header + label_bytes + sample.encoded.size());
  std::memcpy(payload.data(), &header, sizeof header);
  if (vector) std::memcpy(payload.data() + sizeof header, sample.label.data(), label_bytes);
  std::ranges::copy(sample.encoded, payload.end() - std::ssize(sample.encoded));
  return payload;
}

std::vector<ListEntry> read_list(const std::string& path) {
  const std::string text = read_text(path);
  std::vector<ListEntry> entries;
  std::size_t line_number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    try {
      entries.push_back(parse_list_line(line));
    } catch (const Error& error) {
      throw error.at(fmt::format("{}: line {}", path, line_number));
    }
  }
  return entries;
}

void write_list(const std::string& path, std::span<const ListEntry> entries) {
  OutputFile file(path);
  for (const ListEntry& entry : entries) {
    if (entry.path.find_first_of("\t\r\n") != std::string::npos) {
      throw Error(fmt::format("{}: image path '{}' holds a tab or a line break", path, entry.path));
    }
    file.write(fmt::format("{}", entry.id));
    for (const float label : entry.label) file.write(fmt::format("\t{}", label));
    file.write(fmt::format("\t{}\n", entry.path));
  }
  file.commit();
}

}  // namespace qbench
