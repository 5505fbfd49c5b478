#include "datasets/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

#include "datasets/detection_label.h"
#include "datasets/doubts.h"
#include "datasets/image.h"
#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "engine/core/error.h"
#include "engine/core/threads.h"

namespace qbench {
namespace {

// What one record adds to the report; `problem` is empty when all is well.
struct Finding {
  std::uint64_t id = 0;
  std::vector<float> label;
  std::vector<GroundTruthBox> boxes;
  ImageInfo image;
  std::string_view doubt;
  std::string problem;
};

constexpr float kRounding = 1e-3F;  // corners are written with a few decimals

std::vector<GroundTruthBox> examined_boxes(std::span<const float> label) {
  if (!is_detection_label(label)) return {};
  std::vector<GroundTruthBox> boxes = parse_detection_label(label);
  for (const GroundTruthBox& box : boxes) {
    if (std::min(box.xmin, box.ymin) < -kRounding || std::max(box.xmax, box.ymax) > 1 + kRounding) {
      throw Error(
          fmt::format("a box of class {} at {}, {}, {}, {}, expected fractions of the image",
                      box.label, box.xmin, box.ymin, box.xmax, box.ymax));
    }
  }
  return boxes;
}

void check_class(float label) {
  if (label < 0 || label != std::floor(label))
    throw Error(fmt::format("label {} is no class number", label));
}

Finding examine(const RecordReader& reader, std::int64_t index) {
  Finding finding;
  try {
    Sample sample = parse_image_record(reader.read(index));
    finding.id = sample.id;
    finding.label = std::move(sample.label);
    finding.image = image_info(sample.encoded);
    decode_image(sample.encoded, 3, &finding.doubt);
    if (!std::ranges::all_of(finding.label, [](float value) { return std::isfinite(value); })) {
      throw Error("a label is not a finite number");
    }
    if (finding.label.size() == 1) check_class(finding.label.front());
    finding.boxes = examined_boxes(finding.label);
  } catch (const Error& error) {
    finding.problem = error.what();
  }
  return finding;
}

std::int64_t& counter_of(VerifyReport& report, std::string_view format) {
  if (format == "JPEG") return report.jpeg;
  return format == "PNG" ? report.png : report.other_formats;
}

void widen(int value, int& low, int& high) {
  low = low == 0 ? value : std::min(low, value);
  high = std::max(high, value);
}

void add_label(VerifyReport& report, const std::vector<float>& label, bool first) {
  if (label.size() != 1) {
    ++report.label_vectors;
    return;
  }
  report.min_label = first ? label.front() : std::min(report.min_label, label.front());
  report.max_label = first ? label.front() : std::max(report.max_label, label.front());
}

void add_boxes(VerifyReport& report, const std::vector<GroundTruthBox>& boxes) {
  for (const GroundTruthBox& box : boxes) {
    ++(box.has_area() ? report.boxes : report.boxes_without_area);
    report.difficult += box.difficult ? 1 : 0;
    report.max_class = std::max(report.max_class, box.label);
  }
}

std::vector<std::uint64_t> repeated(std::vector<std::uint64_t> ids) {
  std::ranges::sort(ids);
  std::vector<std::uint64_t> result;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i] == ids[i - 1] && (result.empty() || result.back() != ids[i]))
      result.push_back(ids[i]);
  }
  return result;
}

}  // namespace

std::vector<RecordInfo> list_records(const std::string& path, std::int64_t first,
                                     std::int64_t count) {
  const RecordReader reader(path);
  if (first < 0 || first > reader.size()) {
    throw Error(fmt::format("{}: first record {} of {}", path, first, reader.size()));
  }
  const std::int64_t remaining = reader.size() - first;
  const std::int64_t end = first + (count < 0 ? remaining : std::min(count, remaining));
  std::vector<RecordInfo> records;
  for (std::int64_t i = first; i < end; ++i) {
    RecordInfo info;
    info.index = i;
    info.offset = reader.offsets()[static_cast<std::size_t>(i)];
    try {
      Sample sample = parse_image_record(reader.read(i));
      info.id = sample.id;
      info.label = std::move(sample.label);
      info.image_bytes = sample.encoded.size();
      const ImageInfo image = image_info(sample.encoded);
      info.format = image.format;
      info.height = image.height;
      info.width = image.width;
    } catch (const Error& error) {
      info.problem = error.what();
    }
    records.push_back(std::move(info));
  }
  return records;
}

VerifyReport verify_records(const std::string& path, int threads) {
  const RecordReader reader(path);
  std::vector<Finding> findings(static_cast<std::size_t>(reader.size()));
  share_work(reader.size(), threads, [&](std::int64_t i, int /*worker*/) {
    findings[static_cast<std::size_t>(i)] = examine(reader, i);
  });

  VerifyReport report;
  report.records = reader.size();
  std::vector<std::uint64_t> ids;
  Doubts doubts;
  for (std::int64_t i = 0; i < reader.size(); ++i) {
    const Finding& finding = findings[static_cast<std::size_t>(i)];
    if (!finding.problem.empty()) {
      report.problems.push_back({i, finding.problem});
      continue;
    }
    add_label(report, finding.label, std::ssize(ids) == report.label_vectors);
    add_boxes(report, finding.boxes);
    ids.push_back(finding.id);
    ++counter_of(report, finding.image.format);
    doubts.add(finding.doubt, fmt::format("record {}", i));
    widen(finding.image.height, report.min_height, report.max_height);
    widen(finding.image.width, report.min_width, report.max_width);
  }
  report.notices = doubts.notices();
  report.repeated_ids = repeated(std::move(ids));
  return report;
}

}  // namespace qbench
