// A data set: samples found by number, always the same ones in the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qbench {

// One image as it is stored, not yet decoded.
struct Sample {
  std::vector<std::byte> encoded;  // a whole image file
  std::vector<float> label;        // a class number, or the vector of a detection record
  std::uint64_t id = 0;            // as stored; need not be the sample's number

  bool operator==(const Sample&) const = default;
};

// Where the numbers of the classes come from.
enum class ClassNumbers {
  stored,    // the data hold numbers: records, lists, YOLO
  position,  // the data hold names, which were sorted: the network may number them otherwise
  given,     // the user said them, or the data set's own are beyond doubt
};

// All functions may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;

  // Sample `index` in 0..size()-1. Throws Error when it cannot be read.
  virtual Sample read(std::int64_t index) const = 0;

  // How messages and lists name sample `index`: "record 17 at byte 4096", "n01440764/5410.jpg".
  virtual std::string name(std::int64_t index) const = 0;

  // How messages name the data set: its path, or the text that opens it.
  virtual std::string description() const = 0;

  // Changes when any sample changes. Reads all of the data, at the speed of the disk.
  virtual std::string content_hash() const = 0;

  // Names of the classes 0, 1, ...; empty when the data set does not know them.
  virtual std::vector<std::string> class_names() const { return {}; }

  virtual ClassNumbers class_numbers() const { return ClassNumbers::stored; }

  // How messages name the place that sample `index` has its label from.
  virtual std::string label_place(std::int64_t index) const {
    return description() + ": " + name(index);
  }

  // Whether samples lie class by class, so that the first ones are of one class.
  virtual bool lies_by_class() const { return false; }

  // The label as records hold it: corners of annotated boxes are rounded there.
  virtual std::vector<float> packed_label(const Sample& sample) const { return sample.label; }

  // What a user should know of the data though it can be used: files left out, boxes dropped; each
  // with a count and an example. Grows as samples are read.
  virtual std::vector<std::string> notices() const { return {}; }

  // Shuffling stays inside windows (see shuffle.h); this is the index after each window's last
  // sample, so the last one is size().
  virtual std::vector<std::int64_t> shuffle_windows() const { return {size()}; }
};

// `index` as a position in a data set of `size` samples. Throws Error when it is outside.
std::size_t checked_index(std::int64_t index, std::int64_t size);

}  // namespace qbench
