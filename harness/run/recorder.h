// What the lanes of a sweep have in common: one store, one progress, one will to go on. Every
// function may be called from any lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/run/sweep.h"

namespace qbench {

class Recorder {
 public:
  Recorder(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
           Progress& progress);

  // SweepOptions::launch. Once the sweep is to stop it launches nothing and says "interrupted".
  LaunchResult launch(const std::string& job, double timeout_seconds,
                      const std::function<void(std::string_view line)>& on_line);
  void stop() { stopped_ = true; }

  void working(std::string_view what, const ProgressMessage& message);
  std::string now();

  // Under the place of `made`, a case of the plan.
  void put(const CaseRecord& record, const Case& made);
  // What an earlier run measured, where it may be used; counted as reused.
  std::optional<CaseRecord> take_reusable(const Case& made);
  std::size_t reused() const { return reused_; }

 private:
  Store& store_;
  const std::int64_t run_;
  const SweepOptions& options_;
  Progress& progress_;
  std::unordered_map<const Case*, std::int64_t> positions_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // of store, progress, clock and the numbers below
  std::size_t done_ = 0;
  std::size_t reused_ = 0;
};

}  // namespace qbench
