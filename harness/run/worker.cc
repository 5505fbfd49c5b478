#include "harness/run/worker.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>

#include "engine/core/error.h"
#include "harness/run/job.h"

namespace qbench {
namespace {

void write_line(const FileDescriptor& fd, std::string line) {
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = write(fd.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("nobody reads the worker's messages", ErrorKind::environment);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

FileDescriptor claim_standard_output() {
  std::fflush(stdout);
  FileDescriptor messages(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!messages.is_open() || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    throw Error("standard output cannot be duplicated", ErrorKind::environment);
  }
  return messages;
}

void run_worker(std::string_view job, const FileDescriptor& messages) {
  const Send send = [&messages](const Message& message) { write_line(messages, encode(message)); };
  const auto decoded = decode_job(job);
  if (const auto* accuracy = std::get_if<AccuracyJob>(&decoded)) {
    run_accuracy_job(*accuracy, send);
  } else {
    run_latency_job(std::get<LatencyJob>(decoded), send);
  }
}

}  // namespace qbench
