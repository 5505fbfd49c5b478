#include "harness/measure/dummy_data.h"

namespace qbench {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {  // Steele, Lea and Flood 2014
  std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

DummyData::DummyData(const Graph& graph, std::uint64_t seed) {
  const auto elements = [&graph](NodeId id) {
    return static_cast<std::size_t>(graph[id].type.shape.elements());
  };
  const std::vector<NodeId> input_ids = graph.inputs();
  storage_.reserve(input_ids.size() + graph.outputs().size());
  for (const NodeId id : input_ids) {
    std::vector<float>& values = storage_.emplace_back(elements(id));
    for (float& v : values)
      v = static_cast<float>(split_mix(seed) >> 40) / static_cast<float>(1 << 23) - 1.0F;
    inputs_.emplace_back(values);
  }
  for (const NodeId id : graph.outputs())
    outputs_.emplace_back(storage_.emplace_back(elements(id)));
}

}  // namespace qbench
