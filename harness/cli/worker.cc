// qbench worker: one job of a suite in a process of its own. Not for people: 'qbench suite' starts
// it with a job in JSON on standard input.
#include "harness/run/worker.h"

#include <iostream>
#include <iterator>

#include "harness/cli/commands.h"

namespace qbench {

int worker_command(std::span<const std::string> /*arguments*/, const Streams& /*streams*/) {
  const FileDescriptor messages = claim_standard_output();
  const std::string job{std::istreambuf_iterator<char>(std::cin), {}};
  run_worker(job, messages);
  return kExitOk;
}

}  // namespace qbench
