// A .rec file of image records as a data set, in file order.
#pragma once

#include <memory>
#include <string>

#include "datasets/dataset.h"

namespace qbench {

std::unique_ptr<Dataset> open_record_dataset(const std::string& path);

}  // namespace qbench
