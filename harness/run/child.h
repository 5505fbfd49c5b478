// A started child process with pipes to its standard streams.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "harness/run/file_descriptor.h"

namespace qbench {

class Child {
 public:
  // Leads its own process group; killed when the calling thread ends, however it ends. Throws Error
  // (environment) when it cannot be started.
  explicit Child(const std::vector<std::string>& command);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills and reaps

  void kill();  // the whole group; it is reaped by wait() or the destructor
  // The wait status, once the child has ended; then its whole group is gone.
  std::optional<int> try_wait();
  // Anonymous resident memory in bytes; 0 when it cannot be read.
  std::size_t resident_bytes() const;

  FileDescriptor input;  // a socket, non-blocking like the others
  FileDescriptor output;
  FileDescriptor error;

 private:
  pid_t pid_ = -1;  // -1: reaped
};

}  // namespace qbench
