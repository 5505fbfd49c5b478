#include "engine/formats/unknown_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/core/nearest_name.h"

namespace qbench {

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string_view>& known) {
  constexpr std::size_t kMostCompared = 2000;
  constexpr std::size_t kMostListed = 20;
  std::vector<std::string_view> names(
      known.begin(),
      known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), kMostCompared)));
  const std::string_view nearest = nearest_name(name, names);
  if (!nearest.empty())
    return Error(fmt::format("no {} '{}'; did you mean '{}'?", what, name, nearest));
  const bool cut = names.size() > kMostListed;
  if (cut) names.erase(names.begin(), names.end() - kMostListed);
  return Error(fmt::format("no {} '{}'; there {} {}{}", what, name,
                           names.size() == 1 ? "is" : "are", cut ? "among others " : "",
                           fmt::join(names, ", ")));
}

}  // namespace qbench
