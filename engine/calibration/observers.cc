#include "engine/calibration/observers.h"

#include <string>

#include "engine/calibration/entropy.h"
#include "engine/calibration/min_max.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

template <class T>
std::unique_ptr<Observer> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<CalibrationMode>& calibration_modes() {
  static const std::vector<CalibrationMode> modes = {
      {"naive", "smallest and largest value of each tensor", make<MinMaxObserver>},
      {"entropy", "threshold with the smallest KL divergence, 8001 bins", make<EntropyObserver>},
  };
  return modes;
}

const CalibrationMode& find_calibration_mode(std::string_view name) {
  std::string names;
  for (const CalibrationMode& mode : calibration_modes()) {
    if (mode.name == name) return mode;
    names += (names.empty() ? "" : ", ") + std::string(mode.name);
  }
  throw Error("calibration mode '" + std::string(name) + "', expected one of: " + names);
}

}  // namespace qbench
