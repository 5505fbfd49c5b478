// Raw samples and predictions as bytes: little-endian, fixed width, no header.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/shared_list.h"

namespace qbench {

std::string pack_numbers(std::span<const double> numbers);              // 8 bytes each
std::string pack_latency(std::span<const double> latency_ns);           // the same
std::string pack_predictions(std::span<const Prediction> predictions);  // 32 bytes each
// 16 bytes an image, 12 a detection (its verdicts in one word: VOC's in 2 bits, then 10 bits of
// COCO's hits, then 10 of what COCO ignores), 12 a class.
std::string pack_detections(std::span<const DetectedImage> images);

// Name of some bytes by their content: XXH3, 128 bits as 32 hexadecimal digits.
std::string content_hash(std::string_view bytes);
// Of the packed items.
std::string content_hash(const SharedList<DetectedImage>& images);

// The inverse. Throw Error when the size is no multiple of an element's, the bytes end early, or a
// value is none that can be packed.
std::vector<double> unpack_numbers(std::span<const std::byte> bytes);
std::vector<double> unpack_latency(std::span<const std::byte> bytes);
std::vector<Prediction> unpack_predictions(std::span<const std::byte> bytes);
std::vector<DetectedImage> unpack_detections(std::span<const std::byte> bytes);

}  // namespace qbench
