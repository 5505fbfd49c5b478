#include "engine/backends/onednn/worker_threads.h"

#include <utility>

#include "engine/core/threads.h"

namespace qbench::onednn {

WorkerThreads::WorkerThreads(int count, std::function<void(int)> job) : job_(std::move(job)) {
  try {
    for (int worker = 1; worker < count; ++worker)
      threads_.emplace_back([this, worker] { serve(worker); });
  } catch (const std::system_error& refusal) {
    stop();
    throw refused_thread(count - 1, refusal);
  } catch (...) {
    stop();
    throw;
  }
}

WorkerThreads::~WorkerThreads() { stop(); }

void WorkerThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerThreads::work(int worker) {
  try {
    job_(worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void WorkerThreads::serve(int worker) {
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
    }
    work(worker);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) done_.notify_one();
  }
}

void WorkerThreads::run() {
  if (!threads_.empty()) {
    const std::lock_guard lock(mutex_);
    busy_ = static_cast<int>(threads_.size());
    ++round_;
  }
  start_.notify_all();
  work(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return busy_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace qbench::onednn
