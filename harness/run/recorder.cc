#include "harness/run/recorder.h"

#include "harness/measure/turn.h"

namespace qbench {

Recorder::Recorder(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
                   Progress& progress)
    : store_(store), run_(run), options_(options), progress_(progress) {
  for (const Group& group : plan.groups) {
    for (const Case& made : group.cases)
      positions_.emplace(&made, static_cast<std::int64_t>(positions_.size()));
  }
}

LaunchResult Recorder::launch(const std::string& job, double timeout_seconds,
                              const std::function<void(std::string_view line)>& on_line) {
  if (stopped_) return {.status = Status::failed, .reason = "interrupted", .interrupted = true};
  const MeasuringTurn turn(
      options_.turn_file,
      [this] {
        const std::lock_guard lock(mutex_);
        progress_.note("another qbench measures on this machine: taking turns with it");
      },
      [this] { return stopped_ || options_.interrupted(); });
  if (!turn.taken())
    return {.status = Status::failed, .reason = "interrupted", .interrupted = true};
  return options_.launch(job, timeout_seconds, on_line);
}

void Recorder::working(std::string_view what, const ProgressMessage& message) {
  const std::lock_guard lock(mutex_);
  progress_.working(what, message);
}

std::string Recorder::now() {
  const std::lock_guard lock(mutex_);
  return options_.now();
}

void Recorder::put(const CaseRecord& record, const Case& made) {
  const std::lock_guard lock(mutex_);
  store_.put(run_, record, positions_.at(&made));
  ++done_;
  progress_.case_done(record, made.name, done_,
                      options_.again.empty() ? positions_.size() : options_.again.size());
}

std::optional<CaseRecord> Recorder::take_reusable(const Case& made) {
  if (!options_.resume || !options_.again.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  std::optional<CaseRecord> earlier = store_.find_reusable(made.id);
  if (earlier) ++reused_;
  return earlier;
}

}  // namespace qbench
