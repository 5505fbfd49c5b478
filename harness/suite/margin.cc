#include "harness/suite/margin.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/core/error.h"

namespace qbench {

double parse_margin(std::string_view text) {
  constexpr double kPoints = 100;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, value);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit == "pp") value /= kPoints;
  if (failure != std::errc() || !(unit.empty() || unit == "pp") || !(value > 0 && value < 1)) {
    throw Error(fmt::format(
        "margin '{}', expected percentage points like 0.5pp, or a fraction like 0.005", text));
  }
  return value;
}

}  // namespace qbench
