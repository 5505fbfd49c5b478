#include "harness/run/spread.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>

#include "engine/core/threads.h"

namespace qbench {
namespace {

class Spread {
 public:
  Spread(std::size_t count, const LaneWork& work) : count_(count), work_(work) {}

  void run_lane(int lane) {
    try {
      while (const std::optional<std::size_t> item = take()) {
        if (!work_(*item, lane)) stop();
      }
    } catch (...) {
      stop(std::current_exception());
    }
  }

  bool finish() {
    if (error_) std::rethrow_exception(error_);
    return !stopped_;
  }

 private:
  std::optional<std::size_t> take() {
    const std::lock_guard lock(mutex_);
    if (stopped_ || next_ == count_) return std::nullopt;
    return next_++;
  }

  void stop(std::exception_ptr error = nullptr) {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!error_) error_ = std::move(error);
  }

  const std::size_t count_;
  const LaneWork& work_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace

bool spread(std::size_t count, int lanes, const LaneWork& work) {
  Spread work_spread(count, work);
  const int used = std::min(lanes, static_cast<int>(std::min<std::size_t>(count, 1 << 16)));
  {
    // Lanes whose thread cannot be started leave their items to the others.
    const auto others =
        start_up_to(used - 1, [&work_spread](int other) { work_spread.run_lane(other + 1); });
    work_spread.run_lane(0);
  }
  return work_spread.finish();
}

}  // namespace qbench
