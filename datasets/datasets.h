// The kinds of data sets that a path or a name can open.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "datasets/class_map.h"
#include "datasets/dataset.h"

namespace qbench {

struct DatasetKind {
  std::string_view name;
  std::string_view syntax;  // what a user writes, e.g. "FILE.rec"
  std::string_view description;
  bool (*accepts)(const std::string& text);
  std::unique_ptr<Dataset> (*open)(const std::string& text, const OpenOptions& options);
};

std::span<const DatasetKind> dataset_kinds();

// Opens `text` as the first kind that accepts it. Throws Error when none does, or when the data set
// is missing, empty or damaged, or a class has no number among those given.
std::unique_ptr<Dataset> open_dataset(const std::string& text, const OpenOptions& options = {});

}  // namespace qbench
