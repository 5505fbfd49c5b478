#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "datasets/loader.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "harness/model/model.h"

namespace qbench {
namespace {

// Everything about the images that can change what an observer sees.
std::string hash_of(const CalibrationData& data) {
  const Preprocess& p = data.preprocess;
  return Hasher()
      .add(data.dataset.content_hash())
      .add(fmt::format("{} {} {} {} {} {} {} {}", p.height, p.width, p.resize_short,
                       static_cast<int>(p.fit), fmt::join(p.rgb_mean, ","),
                       fmt::join(p.rgb_std, ","), data.batch_size, data.first))
      .add(data.shuffled() ? fmt::format("shuffled by {}", data.shuffle_seed) : "in order")
      .hex();
}

std::string table_path(const std::string& directory, const CalibrationTable& table) {
  return (std::filesystem::path(directory) / ("calibration-" + table.key() + ".json")).string();
}

// The stored tables, if every one that is wanted is there and knows every tensor.
std::optional<CalibrationResult> find_tables(const CalibrationOptions& wanted,
                                             const CalibrationData& data,
                                             const std::string& directory) {
  CalibrationResult found;
  for (const int batches : wanted.batches) {
    for (const std::string& mode : wanted.modes) {
      CalibrationTable key{.mode = mode,
                           .batches = batches,
                           .images = std::int64_t{batches} * data.batch_size,
                           .model_hash = wanted.model_hash,
                           .data_hash = wanted.data_hash,
                           .ranges = {}};
      const std::string path = table_path(directory, key);
      if (!std::filesystem::exists(path)) return std::nullopt;
      CalibrationTable table = load_table(path);
      const bool complete = std::ranges::all_of(
          wanted.tensors, [&](const std::string& name) { return table.ranges.contains(name); });
      if (table.key() != key.key() || !complete) return std::nullopt;
      found.tables.push_back(std::move(table));
    }
  }
  return found;
}

}  // namespace

Calibrated calibrate_model(const LoadedModel& model, const QuantScheme& scheme, const Place& place,
                           const CalibrationData& data, std::span<const std::string> modes,
                           std::span<const int> batches, const std::string& table_dir) {
  CalibrationOptions options{.modes = {modes.begin(), modes.end()},
                             .batches = {batches.begin(), batches.end()},
                             .tensors = tensors_to_calibrate(model.graph, scheme),
                             .threads = place.threads,
                             .device = place.device,
                             .model_hash = model.hash,
                             .data_hash = hash_of(data)};
  std::ranges::sort(options.batches);
  if (options.batches.empty() || options.batches.front() < 1) {
    throw Error("calibration needs at least one batch");
  }
  if (!table_dir.empty()) {
    if (auto found = find_tables(options, data, table_dir)) return {*std::move(found), true};
  }

  check_can_run(place.backend, {.threads = place.threads, .observed = {}, .device = place.device});
  Loader loader(data.dataset, data.preprocess,
                {.batch_size = data.batch_size,
                 .first = data.first,
                 .count = std::int64_t{options.batches.back()} * data.batch_size,
                 .threads = data.decode_threads,
                 .shuffle = data.shuffled(),
                 .shuffle_seed = static_cast<std::uint32_t>(data.shuffle_seed)});
  std::optional<Batch> batch;
  const NextBatch next = [&]() -> std::span<const float> {
    if (batch) loader.recycle(*std::move(batch));
    batch = loader.next();
    return batch ? batch->data.data<float>() : std::span<const float>{};
  };
  Calibrated calibrated{
      calibrate(with_batch(model.graph, data.batch_size), place.backend, next, options), false};
  if (!table_dir.empty()) {
    std::filesystem::create_directories(table_dir);
    for (const CalibrationTable& table : calibrated.result.tables)
      save_table(table, table_path(table_dir, table));
  }
  return calibrated;
}

}  // namespace qbench
