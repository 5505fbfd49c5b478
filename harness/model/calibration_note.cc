#include "harness/model/calibration_note.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "engine/core/error.h"

namespace qbench {

using Json = nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChosenImages, data_hash, first, count, shuffle, shuffle_seed)

namespace {

std::string note_path(const ModelFiles& files) {
  constexpr std::string_view kSuffix = "-symbol.json";
  std::string path = files.symbol;
  if (path.ends_with(kSuffix)) path.resize(path.size() - kSuffix.size());
  return path + "-calibration.json";
}

}  // namespace

void save_calibration_note(const ModelFiles& files, const ChosenImages& calibrated) {
  const std::string path = note_path(files);
  std::ofstream file(path, std::ios::binary);
  file << Json(calibrated).dump(2) << '\n';
  file.flush();
  if (!file) throw Error(path + ": cannot be written", ErrorKind::environment);
}

std::optional<ChosenImages> load_calibration_note(const ModelFiles& files) {
  const std::string path = note_path(files);
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  try {
    return Json::parse(file).get<ChosenImages>();
  } catch (const Json::exception& error) {
    throw Error(
        fmt::format("{}: is no note of calibration images ({}); without the file it is not "
                    "said which images calibrated",
                    path, error.what()));
  }
}

void remove_calibration_note(const ModelFiles& files) {
  std::error_code absent;
  std::filesystem::remove(note_path(files), absent);
}

std::string overlap_warning(const ChosenImages& calibrated, const ChosenImages& scored) {
  if (calibrated.data_hash != scored.data_hash) return {};
  const bool same_order = calibrated.shuffle == scored.shuffle &&
                          (!calibrated.shuffle || calibrated.shuffle_seed == scored.shuffle_seed);
  if (!same_order)
    return "some images that are scored may have been calibrated on: INT8 accuracy is flattered";
  const std::int64_t begin = std::max(calibrated.first, scored.first);
  const std::int64_t end =
      std::min(calibrated.first + calibrated.count, scored.first + scored.count);
  if (begin >= end) return {};
  return fmt::format(
      "{} of {} images that are scored were calibrated on: INT8 accuracy is flattered", end - begin,
      scored.count);
}

}  // namespace qbench
