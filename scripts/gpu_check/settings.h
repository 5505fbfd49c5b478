// What is asked for, and how much time is left for it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/zoo/zoo.h"

namespace gpu_check {

struct Settings {
  std::vector<const qbench::ZooModel*> networks;
  std::vector<int> batches{1, 32, 256};
  int device = 0;
  bool correctness = true;
  bool throughput = true;
  std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max();

  bool is_over() const { return std::chrono::steady_clock::now() >= end; }
};

}  // namespace gpu_check
