// The worker's side of a latency job.
#include <utility>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "harness/measure/executable_latency.h"
#include "harness/measure/pin.h"
#include "harness/model/model.h"
#include "harness/model/precision.h"
#include "harness/run/job.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

constexpr double kNanoseconds = 1e9;

LatencyResult measure_job(const LatencyJob& job, const Backend& backend) {
  if (job.measure.pin) pin_to(cores_to_pin(job.threads));  // before any thread is started
  const LoadedModel model =
      load_model({job.symbol, job.params},
                 {.image_shape = job.image_shape, .output = job.output, .until = job.until});
  const Clock clock = steady_clock_ns;
  const std::int64_t start = clock();
  const std::unique_ptr<Executable> executable =
      compile_model(model.graph, backend, job.batch_size,
                    {.threads = job.threads,
                     .observed = {},
                     .float_math = float_math_of(job.precision),
                     .device = job.device});
  const double compile_seconds = static_cast<double>(clock() - start) / kNanoseconds;
  const DummyData dummy(with_batch(model.graph, job.batch_size));

  LatencyResult result;
  const LoadCounters before = read_load();
  ExecutableLatency measured = measure_executable(*executable, dummy, job.measure, clock);
  result.interference = interference_between(before, read_load());
  result.latency_ns = std::move(measured.latency_ns);
  result.device = std::move(measured.device);
  result.algorithms = executable->algorithms();
  result.metrics = {make_metric("peak_rss", static_cast<double>(peak_resident_bytes()))};
  const std::vector<MetricValue> memory = memory_metrics(executable->memory());
  result.metrics.insert(result.metrics.end(), memory.begin(), memory.end());
  result.metrics.push_back(make_metric("compile_seconds", compile_seconds));
  return result;
}

}  // namespace

void run_latency_job(const LatencyJob& job, const Send& send) {
  run_latency_job(job, find_backend(job.backend), send);
}

void run_latency_job(const LatencyJob& job, const Backend& backend, const Send& send) {
  send(ProgressMessage{"measure", 0, 0});
  LatencyResult result;
  try {
    result = measure_job(job, backend);
  } catch (const Error& error) {
    result.status = error.kind() == ErrorKind::unsupported ? Status::unsupported : Status::failed;
    result.reason = error.what();
  }
  send(result);
}

}  // namespace qbench
