// The other end of launch(): a process that does one job.
#pragma once

#include <string_view>

#include "harness/run/file_descriptor.h"

namespace qbench {

// Where a worker's messages go. What libraries print on standard output, which is where messages
// were expected, goes to standard error from now on.
FileDescriptor claim_standard_output();

// Does the job and writes its messages. Throws Error when the text is no job or nobody reads the
// messages.
void run_worker(std::string_view job, const FileDescriptor& messages);

}  // namespace qbench
