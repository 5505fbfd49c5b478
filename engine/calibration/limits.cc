#include "engine/calibration/limits.h"

#include <algorithm>
#include <bit>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::size_t kBlock = 256;

constexpr std::int32_t to_key(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

// NaNs lie beyond the infinities.
constexpr std::int32_t kInfinity = to_key(std::numeric_limits<float>::infinity());
constexpr std::int32_t kMinusInfinity = to_key(-std::numeric_limits<float>::infinity());

constexpr float from_key(std::int32_t key) {
  return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff));
}

struct Keys {
  std::int32_t lowest;
  std::int32_t highest;
};

// With N known the loop is vectorised at -O2, too.
template <std::size_t N>
Keys scan(const float* values, Keys keys) {
  for (std::size_t i = 0; i < N; ++i) {
    const std::int32_t key = to_key(values[i]);
    keys.lowest = key < keys.lowest ? key : keys.lowest;
    keys.highest = key > keys.highest ? key : keys.highest;
  }
  return keys;
}

}  // namespace

void Limits::add(std::span<const float> values) {
  Keys keys{lowest_, highest_};
  while (values.size() >= kBlock) {
    keys = scan<kBlock>(values.data(), keys);
    values = values.subspan(kBlock);
  }
  for (const float& value : values) keys = scan<1>(&value, keys);
  if (keys.highest >= kInfinity || keys.lowest <= kMinusInfinity)
    throw Error("a value is infinite or not a number, no range can be chosen");
  lowest_ = keys.lowest;
  highest_ = keys.highest;
}

void Limits::merge(const Limits& other) {
  lowest_ = std::min(lowest_, other.lowest_);
  highest_ = std::max(highest_, other.highest_);
}

Range Limits::range() const {
  if (lowest_ > highest_) return {};
  return {from_key(lowest_) + 0.0F, from_key(highest_) + 0.0F};  // + 0 turns -0 into 0
}

}  // namespace qbench
