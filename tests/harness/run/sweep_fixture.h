// A sweep on workers that do no work: what they are asked for, and what goes wrong in them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "harness/run/sweep.h"
#include "reports/record/metrics.h"

namespace qbench {

using Records = Run;  // testing::Test has a Run of its own

inline constexpr const char* kSuite = R"(
dataset: {records: photos.rec, calibration: {records: cal.rec}}
models: [{name: net, source: here, expected: {fp32: {top1: 50}}}]
axes: {modes: [none, naive], calib_batches: [5], batch_sizes: [1, 64], threads: [2]}
timeout_seconds: 10
measure: {rounds: 1}
)";

// Does jobs without an engine, and what a test wants to go wrong.
class FakeWorkers {
 public:
  std::vector<std::string> log;     // "score fp32 int8/none", "time int8-naive b1"
  std::vector<std::string> places;  // of the same jobs: "net on onednn 0"
  std::vector<double> timeouts;
  // What happens instead of the job whose log line this is, or "PLACE: LOG LINE": each is used
  // until it is erased.
  std::map<std::string, LaunchResult> accidents;
  std::map<std::string, std::string> extra_lines;  // written before all others
  std::map<std::string, Status> bad_variants;      // reported by the worker itself
  std::vector<std::string> output_dirs;
  std::vector<std::string> table_dirs;
  int decode_threads = 0;
  std::size_t slowed = 0;  // samples of each job on a GPU
  std::string scored_details = "{}";
  Algorithms timed_algorithms;
  int disturbed_times = 0;  // so many of the next latency jobs are disturbed
  // Called when a job begins and when it ends, on the thread that launched it.
  std::function<void(const std::string& place)> begin = [](const std::string&) {};
  std::function<void(const std::string& place)> end = [](const std::string&) {};

  Launcher launcher() {
    return [this](const std::string& text, double timeout_seconds,
                  const std::function<void(std::string_view)>& on_line) {
      try {
        return do_job(decode_job(text), timeout_seconds, on_line);
      } catch (const Error& error) {  // as launch() does with an Error of on_line
        return LaunchResult{Status::failed, error.what(), false};
      }
    };
  }

 private:
  using Lines = std::function<void(std::string_view)>;

  LaunchResult do_job(const std::variant<AccuracyJob, LatencyJob>& job, double timeout_seconds,
                      const Lines& on_line) {
    const auto* accuracy = std::get_if<AccuracyJob>(&job);
    const auto* latency = std::get_if<LatencyJob>(&job);
    const std::string place = accuracy != nullptr ? place_of(accuracy->model.name, *accuracy)
                                                  : place_of(model_of(*latency), *latency);
    const std::string name = name_of(accuracy, latency);
    {
      const std::lock_guard lock(mutex_);
      log.push_back(name);
      places.push_back(place);
      timeouts.push_back(timeout_seconds);
      if (accuracy != nullptr) output_dirs.push_back(accuracy->output_dir);
      if (accuracy != nullptr) table_dirs.push_back(accuracy->table_dir);
      if (accuracy != nullptr) decode_threads = accuracy->decode_threads;
    }
    begin(place);
    const std::string at_place = place + ": " + name;
    const LaunchResult result = accidents.contains(at_place)
                                    ? accidents[at_place]
                                    : do_named(name, accuracy, latency, on_line);
    end(place);
    return result;
  }

  template <class Job>
  static std::string place_of(const std::string& model, const Job& job) {
    return model + " on " + job.backend + " " + std::to_string(job.device);
  }

  // Saved models lie in folders called MODEL-HASH.
  static std::string model_of(const LatencyJob& job) {
    const std::string folder = std::filesystem::path(job.symbol).parent_path().filename().string();
    return folder.substr(0, folder.rfind('-'));
  }

  static std::string name_of(const AccuracyJob* accuracy, const LatencyJob* latency) {
    if (accuracy == nullptr) {
      const std::string stem = std::filesystem::path(latency->symbol).stem().string();
      return "time " + stem + " b" + std::to_string(latency->batch_size);
    }
    std::string name = "score";
    for (const Variant& variant : accuracy->variants) name += " " + variant.name();
    return name;
  }

  LaunchResult do_named(const std::string& name, const AccuracyJob* accuracy,
                        const LatencyJob* latency, const Lines& on_line) {
    if (extra_lines.contains(name)) on_line(extra_lines[name]);
    on_line(encode(ProgressMessage{"at it", 1, 2}));
    if (accidents.contains(name)) return accidents[name];
    if (accuracy != nullptr) {
      for (const Variant& variant : accuracy->variants) on_line(encode(score(*accuracy, variant)));
    } else {
      on_line(encode(time(*latency)));
    }
    return {};
  }

  Message score(const AccuracyJob& job, const Variant& variant) {
    AccuracyResult result;
    result.variant = variant;
    if (bad_variants.contains(variant.name())) {
      result.status = bad_variants[variant.name()];
      result.reason = "as the test wants";
      if (result.status != Status::mistrusted) return result;
    }
    std::string file = variant.name();
    std::ranges::replace(file, '/', '-');
    std::filesystem::create_directories(job.output_dir);
    for (std::string* path : {&result.symbol, &result.params}) {
      *path = (std::filesystem::path(job.output_dir) / (file + ".json")).string();
      fclose(fopen(path->c_str(), "w"));
    }
    result.model_hash = "model";
    // float networks right on both images; the others only on the first
    const int second = variant.quantized() ? 2 : 1;
    result.predictions = {{0, 0, {0, 1, 2, 3, 4}}, {1, 1, {second, 0, 5, 3, 4}}};
    result.metrics = {make_metric("images", 2)};
    result.details = scored_details;
    return result;
  }

  Message time(const LatencyJob& job) {
    LatencyResult result;
    result.latency_ns = {1e6, 2e6, 3e6};
    result.metrics = {make_metric("arena", 7)};
    result.algorithms = timed_algorithms;
    if (disturbed_times > 0) {
      --disturbed_times;
      result.latency_ns = {9e9, 9e9};
      result.interference.other_cores = 1e6;  // whatever machine this is
    }
    if (job.backend == "gpu") result.device = {{1e3}, {1e4}, {1e5}, {1980}, 1, slowed};
    return result;
  }

  std::mutex mutex_;
};

class SilentProgress : public Progress {
 public:
  void working(std::string_view what, const ProgressMessage& message) override {
    steps.push_back(std::string(what) + ": " + message.step);
  }
  void case_done(const CaseRecord&, std::string_view name, std::size_t done,
                 std::size_t total) override {
    finished.push_back(std::to_string(done) + "/" + std::to_string(total) + " " +
                       std::string(name));
  }
  void note(std::string_view) override {}

  std::vector<std::string> steps;
  std::vector<std::string> finished;
};

class SweepTest : public testing::Test {
 protected:
  SweepTest() { std::filesystem::remove_all(folder_); }
  ~SweepTest() override { std::filesystem::remove_all(folder_); }

  // A backend with two devices beside the one with one.
  BackendFacts gpu{.name = "gpu",
                   .precisions = {"fp32", "tf32", "fp16", "int8"},
                   .takes_u8 = false,
                   .uses_threads = false,
                   .devices = 2};

  std::string program = "a build";

  Plan plan(const std::string& text = kSuite) const {
    PlanContext context;
    context.backends = {{.name = "onednn"}, gpu};
    context.modes = {"none", "naive"};
    context.program = program;
    context.find_file = [this](const std::string& name) -> std::optional<std::string> {
      if (name.starts_with("gone")) return std::nullopt;
      return name;
    };
    context.hash_file = [](const std::string& path) { return path; };
    context.look_at_data = [](const std::string& data, const OpenOptions&) {
      return DataFacts{2, data};
    };
    return make_plan(parse_suite(text, "s.yaml"), context);
  }

  // One sweep into a run of its own.
  Records sweep_once(const Plan& plan, bool resume = false) {
    std::filesystem::create_directories(folder_);
    Store store = Store::open((folder_ / "db.sqlite").string(), Store::Mode::create);
    const std::int64_t run = store.begin_run({});
    int clock = 0;
    const SweepOptions options{.work_dir = (folder_ / "work").string(),
                               .resume = resume,
                               .decode_threads = 5,
                               .launch = workers_.launcher(),
                               .now = [&clock] { return "t" + std::to_string(clock++); }};
    result_ = sweep(plan, store, run, options, progress_);
    return store.load_run(run);
  }

  static std::vector<std::string> statuses(const Records& run) {
    std::vector<std::string> result;
    for (const CaseRecord& r : run.cases) result.emplace_back(to_string(r.status));
    return result;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("qbench_sweep_" + std::to_string(getpid()));
  FakeWorkers workers_;
  SilentProgress progress_;
  SweepResult result_;
};

}  // namespace qbench
