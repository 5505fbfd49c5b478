// The list of calibration modes that observe data.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/calibration/observer.h"

namespace qbench {

struct CalibrationMode {
  std::string_view name;         // "entropy"
  std::string_view description;  // one line for --help and `qbench list`
  std::unique_ptr<Observer> (*make)();
};

const std::vector<CalibrationMode>& calibration_modes();
// Throws Error listing the names.
const CalibrationMode& find_calibration_mode(std::string_view name);

}  // namespace qbench
