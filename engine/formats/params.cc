#include "engine/formats/params.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

constexpr std::uint64_t kListMagic = 0x112;
constexpr std::uint32_t kV1 = 0xF993FAC8;
constexpr std::uint32_t kV2 = 0xF993FAC9;
constexpr std::uint32_t kV3 = 0xF993FACA;
constexpr std::uint32_t kLargestRank = 32;
constexpr std::int32_t kDense = 0;
constexpr std::int32_t kCpu = 1;

struct DTypeCode {
  std::string_view name;
  std::size_t size;
  std::optional<DType> dtype;  // nothing: known to MXNet, not to qbench
};

// Indexed by the code in the file.
constexpr std::array kDTypeCodes = {
    DTypeCode{"float32", 4, DType::f32},    DTypeCode{"float64", 8, DType::f64},
    DTypeCode{"float16", 2, DType::f16},    DTypeCode{"uint8", 1, DType::u8},
    DTypeCode{"int32", 4, DType::s32},      DTypeCode{"int8", 1, DType::s8},
    DTypeCode{"int64", 8, DType::s64},      DTypeCode{"bool", 1, std::nullopt},
    DTypeCode{"int16", 2, std::nullopt},    DTypeCode{"uint16", 2, std::nullopt},
    DTypeCode{"uint32", 4, std::nullopt},   DTypeCode{"uint64", 8, std::nullopt},
    DTypeCode{"bfloat16", 2, std::nullopt},
};

class Reader {
 public:
  Reader(std::istream& in, std::uint64_t size) : in_(in), size_(size) {}

  std::uint64_t offset() const { return offset_; }
  std::uint64_t remaining() const { return size_ - offset_; }

  // Throws Error when fewer than `bytes` bytes are left.
  void require(std::uint64_t bytes, std::string_view what) const {
    if (bytes > remaining()) {
      throw Error(fmt::format("{} bytes left at byte {}, expected {} bytes of {}", remaining(),
                              offset_, bytes, what));
    }
  }
  void read(std::span<std::byte> out, std::string_view what) {
    require(out.size(), what);
    in_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (!in_) throw Error(fmt::format("reading {} failed at byte {}", what, offset_));
    offset_ += out.size();
  }
  template <class T>
  T number(std::string_view what) {
    T value{};
    read(std::as_writable_bytes(std::span(&value, 1)), what);
    return value;
  }
  void skip(std::uint64_t bytes, std::string_view what) {
    require(bytes, what);
    in_.seekg(static_cast<std::streamoff>(bytes), std::ios::cur);
    offset_ += bytes;
  }

 private:
  std::istream& in_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
};

template <class Dim>
Shape read_dims(Reader& in, std::uint32_t rank) {
  if (rank > kLargestRank) {
    throw Error(fmt::format("rank {} at byte {}, expected at most {}", rank, in.offset() - 4,
                            kLargestRank));
  }
  std::vector<std::int64_t> dims;
  for (std::uint32_t i = 0; i < rank; ++i) {
    dims.push_back(static_cast<std::int64_t>(in.number<Dim>("dimensions")));
  }
  return Shape(std::move(dims));
}

void expect_dense(Reader& in) {
  const auto storage = in.number<std::int32_t>("storage type");
  if (storage == kDense) return;
  const std::string_view name = storage == 1 ? "row_sparse" : storage == 2 ? "csr" : "unknown";
  throw Error(fmt::format("storage type {} ({}) at byte {}, expected {} (dense)", storage, name,
                          in.offset() - 4, kDense),
              storage == 1 || storage == 2 ? ErrorKind::unsupported : ErrorKind::bad_input);
}

// The shape of the array record that begins here; nothing for an array without a value.
std::optional<Shape> read_shape(Reader& in) {
  const auto first = in.number<std::uint32_t>("array record");
  if (first == kV3) {
    expect_dense(in);
    const auto rank = in.number<std::int32_t>("rank");
    if (rank == -1) return std::nullopt;
    return read_dims<std::int64_t>(in, static_cast<std::uint32_t>(rank));
  }
  if (first == kV2) expect_dense(in);
  const bool is_v0 = first != kV1 && first != kV2;
  const std::uint32_t rank = is_v0 ? first : in.number<std::uint32_t>("rank");
  if (is_v0 && rank > kLargestRank) {
    throw Error(fmt::format("{:#x} at byte {}, expected the magic number of an array", first,
                            in.offset() - 4));
  }
  if (rank == 0) return std::nullopt;
  return is_v0 ? read_dims<std::uint32_t>(in, rank) : read_dims<std::int64_t>(in, rank);
}

struct ReadArray {
  std::shared_ptr<const Tensor> value;
  std::string_view unsupported;  // the element type, when qbench has no such type
};

ReadArray read_array(Reader& in) {
  const std::optional<Shape> shape = read_shape(in);
  if (!shape) return {};
  in.skip(8, "device");
  const auto code = in.number<std::int32_t>("element type");
  if (code < 0 || static_cast<std::size_t>(code) >= kDTypeCodes.size()) {
    throw Error(fmt::format("element type {} at byte {}, expected 0 to {}", code, in.offset() - 4,
                            kDTypeCodes.size() - 1));
  }
  const DTypeCode& type = kDTypeCodes.at(static_cast<std::size_t>(code));
  const std::string what = fmt::format("data for {} {}", type.name, to_string(*shape));
  const std::uint64_t bytes = static_cast<std::uint64_t>(shape->elements()) * type.size;
  in.require(bytes, what);  // before memory is taken
  if (!type.dtype) {
    in.skip(bytes, what);
    return {nullptr, type.name};
  }
  auto tensor = std::make_shared<Tensor>(*type.dtype, *shape);
  in.read(tensor->bytes(), what);
  return {std::move(tensor), {}};
}

void read_names(Reader& in, std::span<NamedArray> arrays) {
  const auto count = in.number<std::uint64_t>("number of names");
  if (count != 0 && count != arrays.size()) {
    throw Error(fmt::format("{} names at byte {}, expected {} or none", count, in.offset() - 8,
                            arrays.size()));
  }
  std::set<std::string_view> seen;
  for (NamedArray& array : arrays.first(count)) {
    const auto length = in.number<std::uint64_t>("length of a name");
    in.require(length, "name");
    array.name.resize(length);
    in.read(std::as_writable_bytes(std::span(array.name)), "name");
    if (!seen.insert(array.name).second) {
      throw Error(
          fmt::format("a second array '{}', named at byte {}", array.name, in.offset() - length));
    }
  }
}

template <class T>
void write_number(std::ostream& out, T value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof(T));
}

std::int32_t code_of(DType dtype) {
  std::int32_t code = 0;
  while (kDTypeCodes.at(static_cast<std::size_t>(code)).dtype != dtype) ++code;
  return code;
}

void write_array(std::ostream& out, const Tensor* tensor) {
  const bool scalar = tensor != nullptr && tensor->shape().rank() == 0;
  write_number(out, scalar ? kV3 : kV2);
  write_number(out, kDense);
  write_number(out, tensor == nullptr ? 0 : static_cast<std::int32_t>(tensor->shape().rank()));
  if (tensor == nullptr) return;
  for (std::int64_t dim : tensor->shape().dims()) write_number(out, dim);
  write_number(out, kCpu);
  write_number(out, std::int32_t{0});  // device number
  write_number(out, code_of(tensor->dtype()));
  out.write(reinterpret_cast<const char*>(tensor->bytes().data()),
            static_cast<std::streamsize>(tensor->size_bytes()));
}

}  // namespace

std::string_view without_prefix(std::string_view name) {
  const bool prefixed = name.starts_with("arg:") || name.starts_with("aux:");
  return prefixed ? name.substr(4) : name;
}

std::string hash_of(std::span<const NamedArray> arrays) {
  std::map<std::string_view, const Tensor*> sorted;
  for (const NamedArray& array : arrays) sorted[without_prefix(array.name)] = array.value.get();
  Hasher hasher;
  for (const auto& [name, value] : sorted) {
    hasher.add(name);
    if (value == nullptr) continue;
    hasher.add(to_string(value->dtype())).add(to_string(value->shape())).add(value->bytes());
  }
  return hasher.hex();
}

std::vector<NamedArray> read_params(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
  if (size < 0) throw Error(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  in.seekg(0);
  try {
    return read_params(in, static_cast<std::uint64_t>(size));
  } catch (const Error& error) {
    throw error.at(path);
  }
}

std::vector<NamedArray> read_params(std::istream& stream, std::uint64_t size) {
  Reader in(stream, size);
  if (const auto magic = in.number<std::uint64_t>("file header"); magic != kListMagic) {
    throw Error(
        fmt::format("{:#x} at byte 0, expected {:#x}: no MXNet parameter file", magic, kListMagic));
  }
  in.skip(8, "file header");
  const auto count = in.number<std::uint64_t>("file header");
  // The smallest array record is its first word.
  if (count > in.remaining() / sizeof(std::uint32_t)) {
    throw Error(fmt::format("{} arrays at byte 16, in a file of {} bytes", count, size));
  }
  std::vector<NamedArray> arrays;
  std::optional<std::pair<std::size_t, std::string_view>> unsupported;
  while (arrays.size() < count) {
    const std::uint64_t begin = in.offset();
    try {
      ReadArray array = read_array(in);
      if (!array.unsupported.empty() && !unsupported)
        unsupported.emplace(arrays.size(), array.unsupported);
      arrays.push_back({{}, std::move(array.value)});
    } catch (const Error& error) {
      throw error.at(fmt::format("array {} of {}, from byte {}", arrays.size() + 1, count, begin));
    }
  }
  read_names(in, arrays);
  if (in.remaining() != 0) {
    throw Error(
        fmt::format("{} bytes after the last name, at byte {}", in.remaining(), in.offset()));
  }
  if (unsupported) {  // only now the names are known
    throw Error(fmt::format("array {} of {}, '{}', holds {}, expected float32, float64, float16, "
                            "uint8, int32, int8 or int64",
                            unsupported->first + 1, count, arrays[unsupported->first].name,
                            unsupported->second),
                ErrorKind::unsupported);
  }
  return arrays;
}

void write_params(std::ostream& out, std::span<const NamedArray> arrays) {
  write_number(out, kListMagic);
  write_number(out, std::uint64_t{0});
  write_number(out, static_cast<std::uint64_t>(arrays.size()));
  bool named = false;
  for (const NamedArray& array : arrays) {
    write_array(out, array.value.get());
    named = named || !array.name.empty();
  }
  write_number(out, static_cast<std::uint64_t>(named ? arrays.size() : 0));
  if (!named) return;
  for (const NamedArray& array : arrays) {
    write_number(out, static_cast<std::uint64_t>(array.name.size()));
    out.write(array.name.data(), static_cast<std::streamsize>(array.name.size()));
  }
}

}  // namespace qbench
