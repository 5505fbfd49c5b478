// Work spread over lanes: as many items at a time as there are lanes.
#pragma once

#include <cstddef>
#include <functional>

namespace qbench {

// Does one item on a lane; false: begin no more. Called from one thread for each lane.
using LaneWork = std::function<bool(std::size_t item, int lane)>;

// Items 0 .. count-1 are begun in order, each on a lane (0 .. lanes-1) that is free; fewer lanes
// work where the system refuses to start a thread. Lane 0 works in the calling thread. The first
// exception, too, lets no more begin, and is thrown again when all lanes have ended. Returns
// whether every item was done.
bool spread(std::size_t count, int lanes, const LaneWork& work);

}  // namespace qbench
