// MXNet parameter files (NAME-0000.params): a list of named arrays.
//
// Reads every version of the array record (V0 to V3) and writes V2. Arrays are dense and hold f32,
// f64, f16, u8, s32, s8 or s64.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"

namespace qbench {

// The name of a variable, which files write as "arg:NAME" or "aux:NAME".
std::string_view without_prefix(std::string_view name);

struct NamedArray {
  std::string name;  // as in the file: "arg:conv0_weight", "aux:bn0_moving_mean", "dense0.weight"
  std::shared_ptr<const Tensor> value;  // null: the file has the name and no value
};

// Throws Error naming the file, the array and the byte. Memory is bounded by the file's size.
std::vector<NamedArray> read_params(const std::string& path);
// From a stream that holds `size` bytes.
std::vector<NamedArray> read_params(std::istream& in, std::uint64_t size);

// Content of the arrays by the names of their variables, whatever the order.
std::string hash_of(std::span<const NamedArray> arrays);

// V2 records, V3 for a tensor of rank 0 (V2 has none). When all names are empty, none are written.
// The caller checks the stream.
void write_params(std::ostream& out, std::span<const NamedArray> arrays);

}  // namespace qbench
