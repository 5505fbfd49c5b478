// A fixed team that does the same job together, again and again, and sleeps in between.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace qbench::onednn {

class WorkerThreads {
 public:
  // job(worker) for worker 0 .. count-1; worker 0 is the thread that calls run(). Throws Error
  // (environment) when the system refuses a thread: with fewer, times would not be those of
  // `count`.
  WorkerThreads(int count, std::function<void(int)> job);
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;
  ~WorkerThreads();

  // Returns when all are done; then throws what one of them threw, if any did.
  void run();

 private:
  void serve(int worker);
  void work(int worker);
  void stop();

  std::function<void(int)> job_;
  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable done_;
  std::uint64_t round_ = 0;
  int busy_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace qbench::onednn
