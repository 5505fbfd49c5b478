// Where suites lie.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/suite/suite.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".yaml";

bool looks_like_path(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(kExtension) ||
         text.ends_with(".yml");
}

}  // namespace

std::vector<std::string> suite_directories() {
  std::vector<std::string> directories;
  std::error_code failure;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    directories.push_back(
        (executable.parent_path().parent_path() / "share/qbench/suites").string());
  }
  directories.emplace_back(QBENCH_SUITES_DIR);
  return directories;
}

std::vector<std::string> list_suites(const std::vector<std::string>& directories) {
  std::vector<std::string> names;
  for (const std::string& directory : directories) {
    std::error_code failure;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, failure)) {
      if (entry.path().extension() == kExtension) names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string find_suite(const std::string& name_or_file,
                       const std::vector<std::string>& directories) {
  if (looks_like_path(name_or_file)) {
    if (fs::is_regular_file(name_or_file)) return name_or_file;
    throw Error(fmt::format("{}: no such file, expected a suite", name_or_file));
  }
  for (const std::string& directory : directories) {
    const fs::path path = fs::path(directory) / (name_or_file + kExtension);
    if (fs::is_regular_file(path)) return path.string();
  }
  const std::vector<std::string> names = list_suites(directories);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view nearest = nearest_name(name_or_file, views);
  throw Error(fmt::format("no suite '{}'{}; there are: {}", name_or_file,
                          nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest),
                          names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace qbench
