// What this processor reaches when a loop does nothing but one thing: the ceilings of a roofline
// (Williams et al., CACM 52(4), 2009).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace qbench {

// Bytes moved per second between the cores and arrays of a total size.
struct Bandwidth {
  std::size_t bytes = 0;
  double read = 0;  // bytes/s
  double copy = 0;  // bytes/s, read and written together
};

struct Peaks {
  int threads = 1;
  double f32 = 0;   // operations/s, a multiply-add counts two
  double int8 = 0;  // operations/s, 8-bit products into 32-bit sums
  std::string f32_instruction;
  std::string int8_instruction;
  std::vector<Bandwidth> memory;  // by growing size: in a core's own cache, shared cache, memory
};

// Takes about `seconds`. All zero on processors whose vector instructions it does not know.
Peaks measure_peaks(int threads, double seconds);

}  // namespace qbench
