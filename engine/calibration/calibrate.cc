#include "engine/calibration/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/calibration/min_max.h"
#include "engine/calibration/observers.h"
#include "engine/core/error.h"
#include "engine/core/threads.h"

namespace qbench {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Everything that watches one tensor: its limits, and an observer for each mode.
class TensorWatch {
 public:
  explicit TensorWatch(std::span<const std::string> modes) {
    for (const std::string& mode : modes) observers_.push_back(find_calibration_mode(mode).make());
  }
  TensorWatch(const TensorWatch& other) : limits_(other.limits_) {
    for (const auto& observer : other.observers_) observers_.push_back(observer->clone());
  }
  TensorWatch(TensorWatch&&) noexcept = default;
  TensorWatch& operator=(const TensorWatch&) = delete;
  TensorWatch& operator=(TensorWatch&&) = delete;
  ~TensorWatch() = default;

  void observe(std::span<const float> values) {
    constexpr std::size_t kBlock = 4096;  // stays in the first-level cache for all observers
    while (!values.empty()) {
      const std::span<const float> block = values.first(std::min(values.size(), kBlock));
      limits_.add(block);
      for (const auto& observer : observers_) observer->observe(block);
      values = values.subspan(block.size());
    }
  }

  void merge(const TensorWatch& other) {
    limits_.merge(other.limits_);
    for (std::size_t m = 0; m < observers_.size(); ++m) observers_[m]->merge(*other.observers_[m]);
  }

  std::vector<CalibratedRange> ranges() const {  // one per mode
    std::vector<CalibratedRange> ranges;
    const Range observed = limits_.range();
    for (const auto& observer : observers_) {
      const Range s8 = observer->range(DType::s8);
      ranges.push_back({observed, s8, observed.min < 0 ? s8 : observer->range(DType::u8)});
    }
    return ranges;
  }

 private:
  Limits limits_;
  std::vector<std::unique_ptr<Observer>> observers_;
};

// One set of watches for each worker, so that none waits for another. What they saw together does
// not depend on which worker saw it.
class Watchers {
 public:
  explicit Watchers(const CalibrationOptions& options) : options_(options) {
    const TensorWatch fresh(options.modes);
    workers_.resize(static_cast<std::size_t>(options.threads));
    for (Worker& worker : workers_)
      worker.tensors = std::vector<TensorWatch>(options.tensors.size(), fresh);
  }

  ObserveFunction function() {
    return [this](int worker, std::size_t tensor, std::span<const float> values) {
      observe(workers_.at(static_cast<std::size_t>(worker)), tensor, values);
    };
  }

  // Throws what went wrong while observing: a worker's thread cannot.
  void check() const {
    const Worker* first = nullptr;
    for (const Worker& worker : workers_) {
      if (worker.error && (first == nullptr || worker.failed < first->failed)) first = &worker;
    }
    if (first != nullptr)
      throw first->error->at(fmt::format("calibrating '{}'", options_.tensors[first->failed]));
  }

  // For each tensor, for each mode.
  std::vector<std::vector<CalibratedRange>> ranges() const;

 private:
  struct Worker {
    std::vector<TensorWatch> tensors;
    std::optional<Error> error;
    std::size_t failed = 0;  // the tensor with the error
  };

  static void observe(Worker& worker, std::size_t tensor, std::span<const float> values) {
    try {
      worker.tensors.at(tensor).observe(values);
    } catch (const Error& error) {
      if (worker.error && worker.failed <= tensor) return;
      worker.error = error;
      worker.failed = tensor;
    }
  }

  std::vector<CalibratedRange> ranges_of(std::size_t tensor) const {
    TensorWatch all = workers_.front().tensors[tensor];
    for (std::size_t w = 1; w < workers_.size(); ++w) all.merge(workers_[w].tensors[tensor]);
    return all.ranges();
  }

  const CalibrationOptions& options_;
  std::vector<Worker> workers_;
};

std::vector<std::vector<CalibratedRange>> Watchers::ranges() const {
  std::vector<std::vector<CalibratedRange>> result(options_.tensors.size());
  share_work(std::ssize(result), options_.threads, [&](std::int64_t tensor, int /*worker*/) {
    result[static_cast<std::size_t>(tensor)] = ranges_of(static_cast<std::size_t>(tensor));
  });
  return result;
}

// Runs batches through the network; the last may have fewer images than the others.
class Runner {
 public:
  Runner(const Graph& graph, const Backend& backend, const CalibrationOptions& options)
      : graph_(graph), backend_(backend) {
    compile_options_.threads = options.threads;
    compile_options_.observed = options.tensors;
    compile_options_.winograd = false;
    compile_options_.device = options.device;
    const std::vector<NodeId> inputs = graph.inputs();
    if (inputs.size() != 1)
      throw Error(fmt::format("{} inputs, calibration expects one", inputs.size()));
    input_ = graph[inputs[0]].type.shape;
    compile(graph);
  }

  // Returns the number of images.
  std::int64_t run(std::span<const float> images, const ObserveFunction& observe) {
    const auto per_image = static_cast<std::size_t>(input_.elements(1));
    const auto count = static_cast<std::int64_t>(images.size() / per_image);
    if (images.size() % per_image != 0 || count > input_[0]) {
      throw Error(fmt::format("a calibration batch of {} values, expected at most {} images of {}",
                              images.size(), input_[0], per_image));
    }
    if (count != compiled_batch_) compile(with_batch(graph_, count));
    executable_->run_observed(std::span(&images, 1), output_spans_, observe);
    return count;
  }

 private:
  void compile(const Graph& graph) {
    executable_ = backend_.compile(graph, compile_options_);
    compiled_batch_ = graph[graph.inputs()[0]].type.shape[0];
    outputs_.clear();
    output_spans_.clear();
    for (NodeId id : graph.outputs()) outputs_.emplace_back(DType::f32, graph[id].type.shape);
    for (Tensor& output : outputs_) output_spans_.push_back(output.data<float>());
  }

  const Graph& graph_;
  const Backend& backend_;
  CompileOptions compile_options_;
  Shape input_;
  std::int64_t compiled_batch_ = 0;
  std::unique_ptr<Executable> executable_;
  std::vector<Tensor> outputs_;
  std::vector<std::span<float>> output_spans_;
};

void check_options(const CalibrationOptions& options) {
  if (options.threads < 1) throw Error("calibration needs at least one thread");
  const bool positive = std::ranges::all_of(options.batches, [](int n) { return n >= 1; });
  if (options.batches.empty() || !positive) throw Error("calibration needs at least one batch");
}

void add_tables(const Watchers& watchers, const CalibrationOptions& options, int batches,
                std::int64_t images, CalibrationResult& result) {
  const std::vector<std::vector<CalibratedRange>> ranges = watchers.ranges();
  for (std::size_t m = 0; m < options.modes.size(); ++m) {
    CalibrationTable& table = result.tables.emplace_back();
    table.mode = options.modes[m];
    table.batches = batches;
    table.images = images;
    table.model_hash = options.model_hash;
    table.data_hash = options.data_hash;
    for (std::size_t t = 0; t < options.tensors.size(); ++t)
      table.ranges[options.tensors[t]] = ranges[t][m];
  }
}

}  // namespace

CalibrationResult calibrate(const Graph& graph, const Backend& backend, const NextBatch& next,
                            const CalibrationOptions& options) {
  check_options(options);
  std::vector<int> amounts = options.batches;
  std::ranges::sort(amounts);

  Watchers watchers(options);
  Runner runner(graph, backend, options);
  const ObserveFunction observe = watchers.function();
  CalibrationResult result;
  std::int64_t images = 0;
  int batches = 0;
  for (const int amount : amounts) {
    for (; batches < amount; ++batches) {
      const std::span<const float> batch = next();
      if (batch.empty()) {
        throw Error(fmt::format("the calibration data end after {} batches, expected {}", batches,
                                amounts.back()));
      }
      const Stopwatch running;
      images += runner.run(batch, observe);
      watchers.check();
      result.inference_seconds += running.seconds();
    }
    const Stopwatch searching;
    add_tables(watchers, options, amount, images, result);
    result.search_seconds += searching.seconds();
  }
  return result;
}

}  // namespace qbench
