// Where a network's time goes, step by step, under the roofline of this machine.
#pragma once

#include <cstdint>
#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "engine/backends/backend.h"
#include "harness/measure/peaks.h"
#include "harness/model/model.h"

namespace qbench {

struct Profile {
  std::vector<LayerTime> layers;
  // Of as many threads as work on a layer together; nothing where threads do not do the work.
  std::optional<Peaks> peaks;
};

Profile take_profile(const Graph& graph, const Place& place, FloatMath math,
                     std::int64_t batch_size, int repeats);

nlohmann::ordered_json profile_json(const Profile& profile);
void print_profile(std::FILE* out, const Profile& profile);

}  // namespace qbench
