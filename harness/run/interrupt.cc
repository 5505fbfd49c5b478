#include "harness/run/interrupt.h"

#include <sys/signalfd.h>

#include "engine/core/error.h"

namespace qbench {

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, &previous_);
  fd_ = FileDescriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.is_open()) {
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
    throw Error("no file descriptor left for signals", ErrorKind::environment);
  }
}

Interrupt::~Interrupt() {
  raised();  // a signal that was answered must not strike when it is let through again
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

bool Interrupt::raised() {
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == sizeof info) raised_ = true;
  return raised_;
}

}  // namespace qbench
