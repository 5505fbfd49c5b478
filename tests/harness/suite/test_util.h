// What the tests of suites share.
#pragma once

#include <functional>
#include <string>

#include "engine/core/error.h"

namespace qbench {

// The message of the Error that `work` throws; "no error" when it throws none.
inline std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace qbench
