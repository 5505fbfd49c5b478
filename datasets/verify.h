// Looks through a .rec file: what it holds, and whether all of it can be used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qbench {

struct RecordInfo {
  std::int64_t index = 0;
  std::uint64_t offset = 0;  // of the record in the file
  std::uint64_t id = 0;
  std::vector<float> label;
  std::uint64_t image_bytes = 0;
  std::string format;  // "JPEG", "PNG", ... as ImageInfo has it
  int height = 0;
  int width = 0;
  std::string problem;  // why the fields above are empty, from the first that could not be read on
};

// Headers only, nothing is decoded: records first..first+count-1 (count -1: to the end).
std::vector<RecordInfo> list_records(const std::string& path, std::int64_t first = 0,
                                     std::int64_t count = -1);

struct RecordProblem {
  std::int64_t index = 0;
  std::string message;
};

struct VerifyReport {
  std::int64_t records = 0;
  std::int64_t jpeg = 0;
  std::int64_t png = 0;
  std::int64_t other_formats = 0;
  std::int64_t label_vectors = 0;  // records with more than one label value
  std::int64_t boxes = 0;          // with an area, of detection records
  std::int64_t boxes_without_area = 0;
  std::int64_t difficult = 0;  // of these
  int max_class = -1;          // of these
  float min_label = 0;         // over the first label values of the others
  float max_label = 0;
  int min_height = 0, max_height = 0;
  int min_width = 0, max_width = 0;
  std::vector<RecordProblem>
      problems;  // unreadable records, undecodable images, bad labels and boxes
  std::vector<std::uint64_t> repeated_ids;  // each once, increasing
  std::vector<std::string> notices;         // of images decoded though something is wrong with them

  bool ok() const { return problems.empty(); }
};

// Decodes every image, on `threads` threads. Throws Error only when the container itself cannot be
// read; what is wrong with single records is in the report.
VerifyReport verify_records(const std::string& path, int threads = 1);

}  // namespace qbench
