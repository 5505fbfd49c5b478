// Ctrl-C and requests to end, taken as something to look at instead of something that strikes.
#pragma once

#include <atomic>
#include <csignal>

#include "harness/run/file_descriptor.h"

namespace qbench {

// While one lives, SIGINT, SIGTERM and SIGHUP do not end this thread; they make fd() readable and
// raised() true. Threads and processes started meanwhile inherit the blocked signals.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  int fd() const { return fd_.get(); }  // to be polled for reading; one thread of several wakes
  bool raised();                        // since construction; from any thread

 private:
  sigset_t previous_{};
  FileDescriptor fd_;
  std::atomic<bool> raised_ = false;
};

}  // namespace qbench
