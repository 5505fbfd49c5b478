// The entry of libFuzzer's programs, each for one target.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  qbench::fuzz::QBENCH_FUZZ_TARGET({data, size});
  return 0;
}
