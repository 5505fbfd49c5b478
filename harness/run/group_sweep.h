// Carries out one group of a plan on one device: scores its variants together, then measures each
// case alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/run/noise.h"
#include "harness/run/recorder.h"
#include "harness/run/sweep.h"

namespace qbench {

class GroupSweep {
 public:
  GroupSweep(const Plan& plan, const Group& group, int device, const SweepOptions& options,
             Recorder& recorder);

  // Puts a record of every case. False when interrupted.
  bool run();

 private:
  // A case waiting to be measured.
  struct Pending {
    const Case* made = nullptr;
    CaseRecord record;
    DeviceSamples device;
    Noise noise{};
  };

  bool run_pending(std::vector<Pending>& pending);
  void finish(Pending& pending);

  bool score(const std::vector<Variant>& variants);
  LaunchResult score_in_child(const std::vector<Variant>& variants);
  AccuracyJob accuracy_job(const std::vector<Variant>& variants) const;
  const AccuracyResult* find(const Variant& variant) const;
  void describe(const AccuracyResult& accuracy, CaseRecord& record) const;
  std::string details(const AccuracyResult& accuracy) const;

  bool measure(Pending& pending);
  std::optional<LatencyResult> time_once(const Case& made);
  LatencyJob latency_job(const Case& made) const;
  void add_agreement(CaseRecord& record) const;

  std::string folder(const std::string& name) const;
  std::string cache_path(const Variant& variant) const;

  const Plan& plan_;
  const Group& group_;
  const int device_;
  const SweepOptions& options_;
  Recorder& recorder_;
  std::vector<AccuracyResult> results_;
  std::vector<Prediction> fp32_;
};

}  // namespace qbench
