// What a plan and the lists have to know of a backend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/backends/backend.h"

namespace qbench {

struct BackendFacts {
  std::string name{};
  std::string description{};  // library and version
  std::string unavailable{};  // why nothing can run on it, in words; empty when it can
  std::vector<std::string> precisions{"fp32", "int8"};
  bool takes_u8 = true;
  bool uses_threads = true;
  int devices = 1;
};

BackendFacts facts_of(const Backend& backend);

// Those of this build, the default first, then those that qbench knows of and this build lacks.
std::vector<BackendFacts> known_backends();

// "cuDNN 9.1; 2 devices; fp32, tf32, fp16, int8", or "not in this build".
std::string describe(const BackendFacts& facts);

}  // namespace qbench
