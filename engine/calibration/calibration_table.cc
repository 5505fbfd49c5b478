#include "engine/calibration/calibration_table.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/core/output_file.h"

namespace qbench {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "qbench calibration table";
// 2: bins no longer depend on whether a tensor's first values were zeros.
constexpr int kVersion = 2;

// A float is written as the double of the same value, which prints and reads back exactly.
json to_json(const Range& range) { return {double{range.min}, double{range.max}}; }

json to_json(const CalibrationTable& table) {
  json ranges = json::object();
  for (const auto& [name, range] : table.ranges) {
    ranges[name] = {{"observed", to_json(range.observed)},
                    {"s8", to_json(range.s8)},
                    {"u8", to_json(range.u8)}};
  }
  return {{"format", kFormat},
          {"version", kVersion},
          {"key", table.key()},
          {"mode", table.mode},
          {"batches", table.batches},
          {"images", table.images},
          {"model_hash", table.model_hash},
          {"data_hash", table.data_hash},
          {"ranges", std::move(ranges)}};
}

// What an error shows: a number as it is, of others the kind, since a text may nest without end.
std::string shown(const json& value) {
  return value.is_number() ? value.dump() : std::string(value.type_name());
}

float finite_float(const json& number) {
  const double value = number.is_number() ? number.get<double>() : std::nan("");
  if (!(std::abs(value) <= std::numeric_limits<float>::max()))
    throw Error(fmt::format("a limit is {}, expected a finite number", shown(number)));
  return static_cast<float>(value);
}

// Of type T. A fraction or a larger number would else be cut.
template <class T>
T whole(const json& object, const char* key) {
  const json& value = object.at(key);
  const bool fits = value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>());
  if (fits) return value.get<T>();
  throw Error(fmt::format("\"{}\" is {}, expected a whole number of 0 or more", key, shown(value)));
}

Range range_from(const json& limits) {
  if (!limits.is_array() || limits.size() != 2)
    throw Error(fmt::format("expected a pair of numbers, found {}", shown(limits)));
  const Range range{finite_float(limits[0]), finite_float(limits[1])};
  if (range.min > range.max)
    throw Error(fmt::format("minimum {} is larger than maximum {}", range.min, range.max));
  return range;
}

CalibratedRange calibrated_range_from(const std::string& name, const json& ranges) {
  try {
    return {range_from(ranges.at("observed")), range_from(ranges.at("s8")),
            range_from(ranges.at("u8"))};
  } catch (const Error& error) {
    throw error.at("range of '" + name + "'");
  }
}

CalibrationTable table_from(const json& document) {
  if (document.value("format", "") != kFormat)
    throw Error(fmt::format("expected \"format\": \"{}\"", kFormat));
  const int version = whole<int>(document, "version");
  if (version != kVersion)
    throw Error(fmt::format("version {}, expected {}: calibrate again", version, kVersion));
  CalibrationTable table;
  table.mode = document.at("mode").get<std::string>();
  table.batches = whole<int>(document, "batches");
  table.images = whole<std::int64_t>(document, "images");
  table.model_hash = document.at("model_hash").get<std::string>();
  table.data_hash = document.at("data_hash").get<std::string>();
  for (const auto& [name, ranges] : document.at("ranges").items())
    table.ranges[name] = calibrated_range_from(name, ranges);
  const std::string key = document.at("key").get<std::string>();
  if (key != table.key())
    throw Error(
        fmt::format("key {} does not belong to the contents, expected {}", key, table.key()));
  return table;
}

}  // namespace

std::string CalibrationTable::key() const {
  return Hasher()
      .add(fmt::format("{} {} {} {}", kFormat, kVersion, batches, images))
      .add(mode)
      .add(model_hash)
      .add(data_hash)
      .hex();
}

void save_table(const CalibrationTable& table, const std::string& path) {
  try {
    write_output(path, to_json(table).dump(1) + "\n");
  } catch (const json::type_error&) {  // another name in its place would not be found again
    throw Error("calibration table " + path + ": the name of a layer is not UTF-8");
  } catch (const Error& error) {
    throw error.at("calibration table");
  }
}

CalibrationTable load_table(const std::string& path) {
  const std::string where = "calibration table " + path;
  if (std::filesystem::is_directory(path)) throw Error("a directory, expected a file").at(where);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("cannot be opened").at(where);
  try {
    return table_from(json::parse(file));
  } catch (const json::exception& error) {
    throw Error(fmt::format("expected a table as qbench writes it, found: {}", error.what()))
        .at(where);
  } catch (const Error& error) {
    throw error.at(where);
  }
}

}  // namespace qbench
