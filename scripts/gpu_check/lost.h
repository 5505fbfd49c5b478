#pragma once

namespace gpu_check {

// Whether a kernel has gone so wrong that nothing runs any more in this process.
bool device_is_lost();

}  // namespace gpu_check
