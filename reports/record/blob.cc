// Packing of samples and predictions.
#include "reports/record/blob.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstddef>

#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);
constexpr std::size_t kWord = sizeof(std::uint32_t);
constexpr std::size_t kPredictionBytes = sizeof(std::uint64_t) + 6 * sizeof(std::uint32_t);

template <class Unsigned>
void append(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(value); ++i)
    out.push_back(static_cast<char>(value >> (8 * i)));
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::size_t element) : bytes_(bytes) {
    if (bytes.size() % element != 0) {
      throw Error(
          fmt::format("{} bytes of samples, expected a multiple of {}", bytes.size(), element));
    }
  }

  bool done() const { return bytes_.empty(); }

  template <class Unsigned>
  Unsigned next() {
    if (bytes_.size() < sizeof(Unsigned)) throw Error("the bytes of samples end early");
    Unsigned value = 0;
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      value |= static_cast<Unsigned>(static_cast<Unsigned>(bytes_[i]) << (8 * i));
    }
    bytes_ = bytes_.subspan(sizeof(value));
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
};

constexpr std::uint32_t kVocBits = 2;
constexpr std::uint32_t kCocoBits = 10;
constexpr std::uint32_t kCocoMask = (1U << kCocoBits) - 1;

std::uint32_t verdicts(const Detection& detection) {
  return static_cast<std::uint32_t>(detection.voc) |
         std::uint32_t{detection.coco_hits} << kVocBits |
         std::uint32_t{detection.coco_ignored} << (kVocBits + kCocoBits);
}

Detection next_detection(Reader& reader) {
  Detection detection;
  detection.label = static_cast<int>(reader.next<std::uint32_t>());
  detection.score = std::bit_cast<float>(reader.next<std::uint32_t>());
  const auto bits = reader.next<std::uint32_t>();
  const std::uint32_t voc = bits & ((1U << kVocBits) - 1);
  const bool known = voc <= static_cast<std::uint32_t>(Detection::Outcome::miss);
  if (!known || !std::isfinite(detection.score) || bits >> (kVocBits + 2 * kCocoBits) != 0) {
    throw Error(fmt::format("a detection of score {} and verdicts {:x}", detection.score, bits));
  }
  detection.voc = static_cast<Detection::Outcome>(voc);
  detection.coco_hits = static_cast<std::uint16_t>(bits >> kVocBits & kCocoMask);
  detection.coco_ignored = static_cast<std::uint16_t>(bits >> (kVocBits + kCocoBits) & kCocoMask);
  return detection;
}

TruthCount next_truth(Reader& reader) {
  TruthCount count;
  for (int* field : {&count.label, &count.voc, &count.coco}) {
    *field = static_cast<int>(reader.next<std::uint32_t>());
  }
  if (count.voc < 0 || count.coco < 0) throw Error("fewer than no boxes of a class");
  return count;
}

}  // namespace

std::string pack_numbers(std::span<const double> numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * kNumberBytes);
  for (double number : numbers) append(bytes, std::bit_cast<std::uint64_t>(number));
  return bytes;
}

std::string pack_latency(std::span<const double> latency_ns) { return pack_numbers(latency_ns); }

std::string pack_predictions(std::span<const Prediction> predictions) {
  std::string bytes;
  bytes.reserve(predictions.size() * kPredictionBytes);
  for (const Prediction& prediction : predictions) {
    append(bytes, static_cast<std::uint64_t>(prediction.sample));
    append(bytes, static_cast<std::uint32_t>(prediction.label));
    for (int guess : prediction.top) append(bytes, static_cast<std::uint32_t>(guess));
  }
  return bytes;
}

std::string pack_detections(std::span<const DetectedImage> images) {
  std::string bytes;
  for (const DetectedImage& image : images) {
    append(bytes, static_cast<std::uint64_t>(image.sample));
    append(bytes, static_cast<std::uint32_t>(image.detections.size()));
    append(bytes, static_cast<std::uint32_t>(image.truth.size()));
    for (const Detection& detection : image.detections) {
      append(bytes, static_cast<std::uint32_t>(detection.label));
      append(bytes, std::bit_cast<std::uint32_t>(detection.score));
      append(bytes, verdicts(detection));
    }
    for (const TruthCount& count : image.truth) {
      for (const int field : {count.label, count.voc, count.coco}) {
        append(bytes, static_cast<std::uint32_t>(field));
      }
    }
  }
  return bytes;
}

std::string content_hash(std::string_view bytes) {
  return Hasher().add(std::as_bytes(std::span(bytes))).hex();
}

std::string content_hash(const SharedList<DetectedImage>& images) {
  return images.known_hash().empty() ? content_hash(pack_detections(images)) : images.known_hash();
}

std::vector<double> unpack_numbers(std::span<const std::byte> bytes) {
  Reader reader(bytes, kNumberBytes);
  std::vector<double> numbers;
  numbers.reserve(bytes.size() / kNumberBytes);
  while (!reader.done()) numbers.push_back(std::bit_cast<double>(reader.next<std::uint64_t>()));
  return numbers;
}

std::vector<double> unpack_latency(std::span<const std::byte> bytes) {
  std::vector<double> samples = unpack_numbers(bytes);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!std::isfinite(samples[i]) || samples[i] < 0)
      throw Error(fmt::format("latency sample {} of {} ns, expected a duration", i, samples[i]));
  }
  return samples;
}

std::vector<Prediction> unpack_predictions(std::span<const std::byte> bytes) {
  Reader reader(bytes, kPredictionBytes);
  std::vector<Prediction> predictions;
  predictions.reserve(bytes.size() / kPredictionBytes);
  while (!reader.done()) {
    Prediction prediction;
    prediction.sample = static_cast<std::int64_t>(reader.next<std::uint64_t>());
    prediction.label = static_cast<int>(reader.next<std::uint32_t>());
    for (int& guess : prediction.top) guess = static_cast<int>(reader.next<std::uint32_t>());
    predictions.push_back(prediction);
  }
  return predictions;
}

std::vector<DetectedImage> unpack_detections(std::span<const std::byte> bytes) {
  Reader reader(bytes, kWord);
  std::vector<DetectedImage> images;
  while (!reader.done()) {
    DetectedImage& image = images.emplace_back();
    image.sample = static_cast<std::int64_t>(reader.next<std::uint64_t>());
    const auto detections = reader.next<std::uint32_t>();
    const auto classes = reader.next<std::uint32_t>();
    for (std::uint32_t i = 0; i < detections; ++i) {
      image.detections.push_back(next_detection(reader));
    }
    for (std::uint32_t i = 0; i < classes; ++i) image.truth.push_back(next_truth(reader));
  }
  return images;
}

}  // namespace qbench
