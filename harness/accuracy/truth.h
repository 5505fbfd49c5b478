// What the images of a data set are labelled with, as one network can be scored by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/loader.h"
#include "harness/accuracy/match_detections.h"
#include "harness/accuracy/task.h"

namespace qbench {

class TruthReader {
 public:
  // `dataset` must outlive the reader. Throws Error when a class to score is none of the network's.
  TruthReader(const Dataset& dataset, const OutputForm& output, const DetectionOptions& detection);

  // Of image `n` of a batch. Both throw Error naming the image when it is labelled for the other
  // task, or with a class that the network does not have. A class number that is only the position
  // of a folder may be too large: see mistrust().
  int label(const Batch& batch, std::size_t n);
  std::vector<GroundTruthBox> boxes(const Batch& batch, std::size_t n);

  // What a user should know of the labels so far.
  std::vector<std::string> notices() const;
  // Why the labels so far prove nothing; else empty.
  std::string mistrust() const;

 private:
  void check_class(std::int64_t label, std::int64_t image, const std::string& what) const;

  const Dataset& dataset_;
  Task task_;
  std::int64_t classes_;     // 0: not known
  std::vector<int> scored_;  // classes of boxes; empty: all
  std::int64_t images_ = 0;
  std::int64_t boxes_ = 0;    // scored, crowds apart
  std::int64_t beyond_ = 0;   // images of folders that have no output
  std::string first_beyond_;  // the first of them
  std::int64_t without_area_ = 0;
  std::string first_without_area_;
};

}  // namespace qbench
