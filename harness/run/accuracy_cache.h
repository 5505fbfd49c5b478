// Accuracy results kept until all cases that need them are measured, so that an interrupted sweep
// need not score again.
#pragma once

#include <optional>
#include <string>

#include "harness/run/job.h"

namespace qbench {

// Keeps an ok or mistrusted result. A cache that cannot be written is no error.
void save_accuracy(const std::string& path, const AccuracyResult& result);

// Nothing when it is absent or damaged, or when the model it saved is gone.
std::optional<AccuracyResult> load_accuracy(const std::string& path);

}  // namespace qbench
