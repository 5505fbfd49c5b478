// The tables of a qbench database.
#pragma once

#include "reports/record/database.h"

namespace qbench {

Migrations schema_migrations();

}  // namespace qbench
