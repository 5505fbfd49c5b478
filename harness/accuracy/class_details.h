// Average precision of each class, as a record's details hold it.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "reports/record/average_precision.h"

namespace qbench {

// [{"class": 3, "name": "boat", "boxes": 12, "voc07": 0.5, "area": 0.48, "coco": 0.3}, ...] by
// class; a figure is null where the class does not count, "name" absent where `names` has none.
nlohmann::ordered_json class_details(std::span<const ClassPrecision> classes,
                                     std::span<const std::string> names);

}  // namespace qbench
