// The worker's side of a latency job.
#include <algorithm>
#include <chrono>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "harness/measure/dummy_data.h"
#include "harness/measure/measure.h"
#include "harness/model/model.h"
#include "harness/run/job.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

constexpr double kNanoseconds = 1e9;

LatencyResult measure_job(const LatencyJob& job) {
  const LoadedModel model = load_model({job.symbol, job.params}, job.image_shape);
  const Clock clock = steady_clock_ns;
  const std::int64_t start = clock();
  const std::unique_ptr<Executable> executable =
      compile_model(model.graph, find_backend(job.backend), job.batch_size,
                    {.threads = job.threads, .observed = {}});
  const double compile_seconds = static_cast<double>(clock() - start) / kNanoseconds;
  const DummyData dummy(with_batch(model.graph, job.batch_size));

  LatencyResult result;
  result.latency_ns =
      measure([&] { executable->run(dummy.inputs(), dummy.outputs()); }, job.measure, clock);
  const MemoryUse memory = executable->memory();
  const auto add_bytes = [&result](const char* name, std::size_t bytes) {
    result.metrics.push_back(make_metric(name, static_cast<double>(bytes)));
  };
  add_bytes("peak_rss", peak_resident_bytes());
  add_bytes("weights_resident", memory.weights);
  add_bytes("arena", memory.arena);
  add_bytes("scratch", memory.scratch);
  result.metrics.push_back(make_metric("compile_seconds", compile_seconds));
  return result;
}

}  // namespace

void run_latency_job(const LatencyJob& job, const Send& send) {
  send(ProgressMessage{"measure", 0, 0});
  LatencyResult result;
  try {
    result = measure_job(job);
  } catch (const Error& error) {
    result.status = error.kind() == ErrorKind::unsupported ? Status::unsupported : Status::failed;
    result.reason = error.what();
  }
  send(result);
}

}  // namespace qbench
