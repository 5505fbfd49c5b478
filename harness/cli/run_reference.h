// Which run of a database somebody means.
#pragma once

#include <cstdint>
#include <string_view>

#include "reports/record/store.h"

namespace qbench {

// "latest", or the number of a run. Throws Error when there is no such run.
std::int64_t resolve_run(const Store& store, std::string_view text);

}  // namespace qbench
