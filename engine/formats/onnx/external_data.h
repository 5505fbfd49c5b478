// Tensors whose bytes lie in a file beside the model (TensorProto's data_location EXTERNAL).
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/tensor.h"

namespace qbench::onnx {

struct ExternalPlace {
  std::string location;  // relative to the model's folder
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // in bytes; nothing: as many as the shape needs
};

// One entry of the tensor's external_data. A checksum is not compared; other keys say nothing about
// where data is. Throws Error where a number is none.
void set_entry(ExternalPlace& place, std::string_view key, const std::string& value);

// The files around one model. Each is opened once.
class ExternalFiles {
 public:
  explicit ExternalFiles(const std::string& model) : model_(model) {}

  // Throws Error naming the file where it lies outside of the model's folder, also by a link, is
  // missing, or does not hold these bytes; before any memory is taken.
  Tensor read(const ExternalPlace& place, DType dtype, const Shape& shape);
  // The file itself, as a path that can be opened from here. Throws Error as `read` does.
  std::string path_of(const std::string& location) const;

 private:
  struct File {
    std::ifstream stream;
    std::uint64_t size = 0;
  };
  File& open(const std::string& path);

  std::string model_;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace qbench::onnx
