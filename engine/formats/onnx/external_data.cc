#include "engine/formats/onnx/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "engine/core/error.h"

namespace qbench::onnx {
namespace {

namespace fs = std::filesystem;

std::uint64_t number_from(std::string_view key, const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (text.empty() || failure != std::errc() || stop != end)
    throw Error(fmt::format("{} '{}' of data in another file, expected a number", key, text));
  return number;
}

bool climbs(const fs::path& path) {
  return std::ranges::any_of(path, [](const fs::path& part) { return part == ".."; });
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

void set_entry(ExternalPlace& place, std::string_view key, const std::string& value) {
  if (key == "location") place.location = value;
  if (key == "offset") place.offset = number_from(key, value);
  if (key == "length") place.length = number_from(key, value);
}

std::string ExternalFiles::path_of(const std::string& location) const {
  if (location.empty()) throw Error("data in another file without its name ('location')");
  const fs::path relative(location);
  const auto outside = [&location] {
    return Error(
        fmt::format("data in '{}', expected a file in the model's folder or below it", location));
  };
  if (relative.is_absolute() || climbs(relative) || location.find('\0') != std::string::npos)
    throw outside();
  const fs::path folder = fs::path(model_).parent_path();
  const fs::path path = folder / relative;
  std::error_code failure;
  const fs::path real = fs::canonical(path, failure);
  if (failure)
    throw Error(fmt::format("data in '{}', which is missing: expected it beside the model, as {}",
                            location, path.string()));
  if (!is_below(real, fs::canonical(folder.empty() ? fs::path(".") : folder))) throw outside();
  if (!fs::is_regular_file(real))
    throw Error(fmt::format("data in '{}', which is no file", location));
  return path.string();
}

ExternalFiles::File& ExternalFiles::open(const std::string& path) {
  const auto [found, is_new] = files_.try_emplace(path);
  File& file = found->second;
  if (is_new) {
    file.stream.open(path, std::ios::binary);
    file.size = file.stream ? fs::file_size(path) : 0;
  }
  if (!file.stream) throw Error(fmt::format("data in {}, which cannot be read", path));
  return file;
}

Tensor ExternalFiles::read(const ExternalPlace& place, DType dtype, const Shape& shape) {
  File& file = open(path_of(place.location));
  const std::uint64_t bytes = static_cast<std::uint64_t>(shape.elements()) * size_of(dtype);
  if (place.length.value_or(bytes) != bytes) {
    throw Error(fmt::format("{} bytes of data in '{}', expected {} for {} {}", *place.length,
                            place.location, bytes, to_string(dtype), to_string(shape)));
  }
  if (place.offset > file.size || bytes > file.size - place.offset) {
    throw Error(fmt::format("bytes {} to {} of '{}', which has {}", place.offset,
                            place.offset + bytes, place.location, file.size));
  }
  Tensor tensor(dtype, shape);
  file.stream.seekg(static_cast<std::streamoff>(place.offset));
  file.stream.read(reinterpret_cast<char*>(tensor.bytes().data()),
                   static_cast<std::streamsize>(bytes));
  if (!file.stream)
    throw Error(
        fmt::format("{} bytes at {} of '{}' cannot be read", bytes, place.offset, place.location));
  return tensor;
}

}  // namespace qbench::onnx
