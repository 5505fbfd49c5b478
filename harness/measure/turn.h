// Two programs that measure on one machine would measure each other: they take turns.
#pragma once

#include <functional>
#include <string>

namespace qbench {

// Held by one process at a time; within a process by any number of threads together. Released when
// destroyed, or when the process ends, however it does.
class MeasuringTurn {
 public:
  // Waits for the turn. When it has to, calls `on_wait` once, and `give_up` every few milliseconds,
  // until that is true. Where `file` cannot be opened the turn is taken without asking.
  MeasuringTurn(
      const std::string& file, const std::function<void()>& on_wait,
      const std::function<bool()>& give_up = [] { return false; });
  MeasuringTurn(const MeasuringTurn&) = delete;
  MeasuringTurn& operator=(const MeasuringTurn&) = delete;
  ~MeasuringTurn();

  bool taken() const { return taken_; }  // false: given up

 private:
  bool taken_ = false;
};

// The file that all programs on this machine agree on.
std::string measuring_turn_file();

}  // namespace qbench
