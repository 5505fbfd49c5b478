#include "networks.h"

#include <span>

#include "engine/calibration/calibrate.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "engine/zoo/random_weights.h"

namespace gpu_check {

using namespace qbench;

Graph build(const ZooModel& model, double width, std::int64_t batch) {
  return optimize(build_zoo_model(model, {.batch = batch, .width = width}).graph);
}

Values draw_images(const ZooModel& model, const Graph& graph, std::uint64_t seed) {
  RandomStream random(seed, "images");
  Values images;
  for (const NodeId id : graph.inputs()) {
    const Shape& shape = graph[id].type.shape;
    auto& values = images.emplace_back(static_cast<std::size_t>(shape.elements()));
    const std::int64_t plane = shape[2] * shape[3];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto channel =
          static_cast<std::size_t>(static_cast<std::int64_t>(i) / plane % shape[1]);
      values[i] = (static_cast<float>(random.uniform(0, 255)) - model.rgb_mean[channel]) /
                  model.rgb_std[channel];
    }
  }
  return images;
}

Graph quantize_as(const std::string& table, const ZooModel& model, const Graph& graph,
                  const Backend& backend) {
  const QuantScheme scheme{.dtype = QuantizedDType::s8};
  if (table == "none") return quantize(graph, scheme, nullptr).graph;
  const Values images = draw_images(model, graph, 1);
  bool given = false;
  const auto next = [&]() -> std::span<const float> {
    if (given) return {};
    given = true;
    return images[0];
  };
  CalibrationOptions options;
  options.modes = {table};
  options.batches = {1};
  options.tensors = tensors_to_calibrate(graph, scheme);
  const CalibrationResult result = calibrate(graph, backend, next, options);
  return quantize(graph, scheme, &result.tables.front()).graph;
}

Values outputs_for(const Graph& graph) {
  Values outputs;
  for (const NodeId id : graph.outputs())
    outputs.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  return outputs;
}

void run(Executable& executable, const Values& inputs, Values& outputs) {
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  const std::vector<std::span<float>> out(outputs.begin(), outputs.end());
  executable.run(in, out);
}

}  // namespace gpu_check
