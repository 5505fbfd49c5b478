// Threads that the system may refuse to start: for a limit of processes (ulimit -u, that of a
// container) or for want of memory for their stacks.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/core/error.h"

namespace qbench {

// What to say (environment) when one of `wanted` threads was refused.
Error refused_thread(int wanted, const std::system_error& refusal);

// Throws Error (environment) when `count` threads cannot run at the same time beside the caller.
// For runtimes that end the process when they are refused one.
void require_threads(int count);

// Starts work(i), or work(stop token, i), for i in 0..count-1, each on a thread of its own; only
// the first few where the system refuses one. For work that those who are there share.
template <class Work>
std::vector<std::jthread> start_up_to(int count, const Work& work) {
  std::vector<std::jthread> threads;
  try {
    for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  } catch (const std::system_error&) {  // fewer will do
  }
  return threads;
}

// Calls work(index, worker) for index in 0..count-1, in no certain order; worker 0 is the caller,
// and there are up to `workers` of them. After an exception no new call begins, and it is thrown
// from here.
template <class Work>
void share_work(std::int64_t count, int workers, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto loop = [&](int worker) {
    try {
      for (std::int64_t i = next++; i < count; i = next++) work(i, worker);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    const auto helpers = start_up_to(workers - 1, [&loop](int helper) { loop(helper + 1); });
    loop(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace qbench
