// Runs a child process to its end, or to the end of its patience.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/interrupt.h"
#include "reports/record/record.h"

namespace qbench {

struct LaunchOptions {
  std::vector<std::string> command;  // the program's path, then its arguments
  std::string input;                 // for its standard input, which is then closed
  double timeout_seconds = 0;        // 0: none
  // Of memory the process has for itself (resident anonymous pages), looked at every 50 ms; 0:
  // none. Address-space limits (RLIMIT_AS, RLIMIT_DATA) would count mapped files, thread stacks and
  // reserved arenas that never become memory.
  std::size_t memory_limit_bytes = 0;
  // Gets every complete line of its standard output, without the line feed. An Error thrown here
  // ends the child: the result is then `failed` with that message.
  std::function<void(std::string_view line)> on_line = [](std::string_view) {};
  Interrupt* interrupt = nullptr;
};

struct LaunchResult {
  // ok: exit status 0. failed: another exit status, the memory limit, or an Error of on_line.
  // crashed: ended by a signal. timed_out.
  Status status = Status::ok;
  std::string reason;  // with the last lines of its standard error
  bool interrupted = false;
};

// The child leads a process group of its own, which is gone when this returns, and dies with the
// calling thread. Throws Error (environment) when it cannot be started.
LaunchResult launch(const LaunchOptions& options);

}  // namespace qbench
