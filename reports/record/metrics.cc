// The list of metrics.
#include "reports/record/metrics.h"

#include <fmt/format.h>

#include <array>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr bool kBigger = true;
constexpr bool kSmaller = false;

constexpr std::array kMetrics = {
    MetricInfo{"images", "images", kBigger, "images that were scored"},
    MetricInfo{"top1", "fraction", kBigger, "label is the first guess"},
    MetricInfo{"top5", "fraction", kBigger, "label is among the first five guesses"},
    MetricInfo{"map_voc07", "fraction", kBigger, "mean average precision, 11 points of recall"},
    MetricInfo{"map_area", "fraction", kBigger, "mean average precision, area under the curve"},
    MetricInfo{"map_coco", "fraction", kBigger,
               "mean average precision, overlaps 0.5 to 0.95 as COCO has it"},
    MetricInfo{"agreement", "fraction", kBigger, "same first guess as FP32, right or wrong"},
    MetricInfo{"latency_median", "ns", kSmaller, "time of one batch, middle of all samples", true},
    MetricInfo{"latency_p90", "ns", kSmaller, "time that 90 % of the batches stay below", true},
    MetricInfo{"latency_p95", "ns", kSmaller, "time that 95 % of the batches stay below", true},
    MetricInfo{"latency_p99", "ns", kSmaller, "time that 99 % of the batches stay below", true},
    MetricInfo{"to_device", "ns", kSmaller, "copying one batch to the GPU, middle of all samples",
               true},
    MetricInfo{"compute", "ns", kSmaller, "computing one batch on the GPU, middle of all samples",
               true},
    MetricInfo{"to_host", "ns", kSmaller, "copying results from the GPU, middle of all samples",
               true},
    MetricInfo{"clock", "MHz", kBigger, "of the GPU while computing, middle of all samples", true},
    MetricInfo{"discarded", "samples", kSmaller, "taken while the GPU was slowed down"},
    MetricInfo{"images_per_second", "images/s", kBigger, "batch size over median latency", true},
    MetricInfo{"peak_rss", "bytes", kSmaller, "most memory the process of the case ever held"},
    MetricInfo{"model_size", "bytes", kSmaller, "the parameters, as saved in a file"},
    MetricInfo{"weights_resident", "bytes", kSmaller, "the parameters, as prepared in memory"},
    MetricInfo{"arena", "bytes", kSmaller, "activations"},
    MetricInfo{"scratch", "bytes", kSmaller, "workspace of the backend's library"},
    MetricInfo{"library", "bytes", kSmaller, "what libraries and kernels take of a GPU's memory"},
    MetricInfo{"calibration_seconds", "s", kSmaller, "calibration pass and choice of thresholds"},
    MetricInfo{"compile_seconds", "s", kSmaller, "from the graph to a plan ready to run"},
};

}  // namespace

std::span<const MetricInfo> metrics() { return kMetrics; }

MetricValue make_metric(std::string_view name, double value) {
  for (const MetricInfo& info : kMetrics) {
    if (info.name == name) {
      return {std::string(name), value, std::string(info.unit), info.bigger_is_better};
    }
  }
  throw Error(fmt::format("metric '{}' is not declared in the list of metrics", name));
}

}  // namespace qbench
