#include "engine/formats/params.h"

#include <sstream>

#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

std::string written(std::span<const NamedArray> arrays) {
  std::ostringstream out;
  write_params(out, arrays);
  return out.str();
}

}  // namespace

void params(Bytes input) {
  std::istringstream in{std::string(text_of(input))};
  std::vector<NamedArray> arrays;
  if (!accepts([&] { arrays = read_params(in, input.size()); })) return;
  const std::string file = written(arrays);
  std::istringstream again(file);
  require(written(read_params(again, file.size())) == file, "what is written reads back");
}

}  // namespace qbench::fuzz
