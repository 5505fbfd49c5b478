// The documented networks with random weights, and images for them.
#pragma once

#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/zoo/zoo.h"

namespace gpu_check {

// One value for each input or output.
using Values = std::vector<std::vector<float>>;

qbench::Graph build(const qbench::ZooModel& model, double width, std::int64_t batch);

// Noise, as the network's preprocessing would leave it; other noise for another seed.
Values draw_images(const qbench::ZooModel& model, const qbench::Graph& graph, std::uint64_t seed);

// `table` "naive": calibrated by `backend` on a batch of the graph's size; "none": ranges are found
// at run time.
qbench::Graph quantize_as(const std::string& table, const qbench::ZooModel& model,
                          const qbench::Graph& graph, const qbench::Backend& backend);

Values outputs_for(const qbench::Graph& graph);
void run(qbench::Executable& executable, const Values& inputs, Values& outputs);

}  // namespace gpu_check
