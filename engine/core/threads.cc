#include "engine/core/threads.h"

#include <fmt/format.h>

#include <latch>

namespace qbench {

Error refused_thread(int wanted, const std::system_error& refusal) {
  return Error(fmt::format("cannot start {} more thread{}: {}; use fewer threads, or raise the "
                           "limit of processes (ulimit -u) or of memory",
                           wanted, wanted == 1 ? "" : "s", refusal.code().message()),
               ErrorKind::environment);
}

void require_threads(int count) {
  std::latch tried(1);
  std::vector<std::jthread> threads;
  try {
    for (int i = 0; i < count; ++i) threads.emplace_back([&tried] { tried.wait(); });
  } catch (const std::system_error& refusal) {
    tried.count_down();
    throw refused_thread(count, refusal);
  }
  tried.count_down();
}

}  // namespace qbench
