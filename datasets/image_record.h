// What a record of a .rec file holds: a label, an id and an encoded image; and the .lst text file
// that lists labels and images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace qbench {

// Throws Error when the payload is shorter than its own header says.
Sample parse_image_record(std::span<const std::byte> payload);
std::vector<std::byte> make_image_record(const Sample& sample);

// One line: "id <tab> label [<tab> label ...] <tab> path".
struct ListEntry {
  std::uint64_t id = 0;
  std::vector<float> label;
  std::string path;  // of the image, relative to the folder of images

  bool operator==(const ListEntry&) const = default;
};

// Throws Error naming file and line.
std::vector<ListEntry> read_list(const std::string& path);
void write_list(const std::string& path, std::span<const ListEntry> entries);

}  // namespace qbench
