// What the targets of annotated data sets share.
#pragma once

#include "datasets/annotations.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

// Every label that an annotation reader makes must be one that scoring accepts.
inline void read_labels(const Dataset& data) {
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const Sample sample = data.read(i);
    require(is_detection_label(sample.label), "a label has the form of a detection record's");
    parse_detection_label(sample.label);
  }
}

}  // namespace qbench::fuzz
