// Which images a saved INT8 network was calibrated on: a small file beside its symbol, so that
// scoring them can be said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/formats/formats.h"

namespace qbench {

// Images [first, first + count) of a data set in its (shuffled) order.
struct ChosenImages {
  std::string data_hash;  // the data set's content_hash
  std::int64_t first = 0;
  std::int64_t count = 0;
  bool shuffle = false;
  std::uint64_t shuffle_seed = 0;

  bool operator==(const ChosenImages&) const = default;
};

// NAME-calibration.json for NAME-symbol.json. Throws Error when it cannot be written.
void save_calibration_note(const ModelFiles& files, const ChosenImages& calibrated);
// Nothing where there is no such file. Throws Error naming the file when it is damaged.
std::optional<ChosenImages> load_calibration_note(const ModelFiles& files);
// Where mode none saved a network, so that the note of an earlier one is not taken for its own.
void remove_calibration_note(const ModelFiles& files);

// A sentence on the images that are in both; empty where none is. Where the orders differ, that
// some may be.
std::string overlap_warning(const ChosenImages& calibrated, const ChosenImages& scored);

}  // namespace qbench
