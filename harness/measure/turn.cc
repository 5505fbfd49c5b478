#include "harness/measure/turn.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>

namespace qbench {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);

// Of this process.
std::mutex mutex;
int holders = 0;
int descriptor = -1;

// Another user's file in a folder like /tmp must not be asked to be created (protected_regular).
int open_file(const std::string& file) {
  const int found = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (found >= 0 || errno != ENOENT) return found;
  return open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
}

}  // namespace

MeasuringTurn::MeasuringTurn(const std::string& file, const std::function<void()>& on_wait,
                             const std::function<bool()>& give_up) {
  const std::lock_guard lock(mutex);
  if (holders == 0) {
    descriptor = open_file(file);
    bool told = false;
    while (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0 &&
           (errno == EWOULDBLOCK || errno == EINTR)) {
      if (!told) on_wait();
      told = true;
      if (give_up()) {
        close(descriptor);
        descriptor = -1;
        return;
      }
      std::this_thread::sleep_for(kPoll);
    }
  }
  ++holders;
  taken_ = true;
}

MeasuringTurn::~MeasuringTurn() {
  if (!taken_) return;
  const std::lock_guard lock(mutex);
  if (--holders > 0 || descriptor < 0) return;
  close(descriptor);
  descriptor = -1;
}

std::string measuring_turn_file() { return "/tmp/qbench.turn"; }

}  // namespace qbench
