// What a sweep tells while it runs. Drawing it is somebody else's affair.
#pragma once

#include <cstddef>
#include <string_view>

#include "harness/run/job.h"

namespace qbench {

class Progress {
 public:
  virtual ~Progress() = default;

  // `what` is being worked on: a group or a case, by name. Called often.
  virtual void working(std::string_view what, const ProgressMessage& message) = 0;
  // A record is in the store; `done` of `total` cases are.
  virtual void case_done(const CaseRecord& record, std::string_view name, std::size_t done,
                         std::size_t total) = 0;
  // Something a person should know and that ends nothing.
  virtual void note(std::string_view text) = 0;
};

}  // namespace qbench
