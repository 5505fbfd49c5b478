// Packing of samples and predictions.
#include "reports/record/blob.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstddef>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::size_t kLatencyBytes = sizeof(std::uint64_t);
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

}  // namespace

std::string pack_latency(std::span<const double> latency_ns) {
  std::string bytes;
  bytes.reserve(latency_ns.size() * kLatencyBytes);
  for (double sample : latency_ns) append(bytes, std::bit_cast<std::uint64_t>(sample));
  return bytes;
}

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

std::vector<double> unpack_latency(std::span<const std::byte> bytes) {
  Reader reader(bytes, kLatencyBytes);
  std::vector<double> samples;
  samples.reserve(bytes.size() / kLatencyBytes);
  while (!reader.done()) {
    const auto sample = std::bit_cast<double>(reader.next<std::uint64_t>());
    if (!std::isfinite(sample) || sample < 0) {
      throw Error(
          fmt::format("latency sample {} of {} ns, expected a duration", samples.size(), sample));
    }
    samples.push_back(sample);
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

}  // namespace qbench
