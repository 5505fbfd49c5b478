// What the command line changes in a suite.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/model/precision.h"
#include "harness/suite/suite.h"

namespace qbench {
namespace {

// For --quick: enough to see every step work, too little to quote.
constexpr std::int64_t kQuickImages = 128;
constexpr double kQuickSeconds = 0.5;
constexpr double kQuickWarmupSeconds = 0.1;
constexpr int kQuickSamples = 5;
constexpr int kQuickRounds = 2;

void keep_models(const std::vector<std::string>& wanted, std::vector<ModelSpec>& models) {
  if (wanted.empty()) return;
  std::vector<std::string_view> names;
  for (const ModelSpec& model : models) names.push_back(model.name);
  for (const std::string& name : wanted) {
    if (std::ranges::count(names, name) > 0) continue;
    const std::string_view nearest = nearest_name(name, names);
    throw Error(fmt::format("--models: the suite has no '{}', {}", name,
                            nearest.empty() ? fmt::format("expected of: {}", fmt::join(names, ", "))
                                            : fmt::format("did you mean '{}'?", nearest)));
  }
  std::erase_if(models, [&wanted](const ModelSpec& model) {
    return std::ranges::count(wanted, model.name) == 0;
  });
}

template <class T>
void replace(const std::vector<T>& given, std::vector<T>& axis) {
  if (given.empty()) return;
  axis.clear();
  for (const T& value : given) {
    if (std::ranges::count(axis, value) == 0) axis.push_back(value);
  }
}

void check_names(const char* option, const std::vector<std::string>& found,
                 const std::vector<std::string>& known) {
  for (const std::string& name : found) {
    if (std::ranges::count(known, name) > 0) continue;
    throw Error(
        fmt::format("{}: found '{}', expected of: {}", option, name, fmt::join(known, ", ")));
  }
}

void check_minimum(const char* option, const std::vector<int>& found, int minimum) {
  for (const int value : found) {
    if (value < minimum) {
      throw Error(fmt::format("{}: found {}, expected at least {}", option, value, minimum));
    }
  }
}

void replace_axes(const Overrides& overrides, Axes& axes) {
  check_names("--precisions", overrides.precisions,
              {precision_names().begin(), precision_names().end()});
  check_names("--quantized-dtype", overrides.quantized_dtypes, {"auto", "int8", "uint8"});
  check_minimum("--batches", overrides.calib_batches, 1);
  check_minimum("--batch-sizes", overrides.batch_sizes, 1);
  check_minimum("--threads", overrides.threads, 0);
  replace(overrides.modes, axes.modes);
  replace(overrides.calib_batches, axes.calib_batches);
  replace(overrides.batch_sizes, axes.batch_sizes);
  replace(overrides.backends, axes.backends);
  replace(overrides.threads, axes.threads);
  replace(overrides.precisions, axes.precisions);
  replace(overrides.quantized_dtypes, axes.quantized_dtypes);
}

void replace_images(const Overrides& overrides, Suite& suite) {
  for (ModelSpec& model : suite.models) {
    DatasetSpec& dataset = model.dataset;
    if (!overrides.dataset.empty()) {
      dataset.records = dataset.calibration.records = overrides.dataset;
      dataset.name = std::filesystem::path(overrides.dataset).stem().string();
    }
    if (overrides.skip >= 0) dataset.skip = overrides.skip;
    if (overrides.limit >= 0) dataset.count = overrides.limit;
    if (overrides.quick && (dataset.count < 0 || dataset.count > kQuickImages)) {
      dataset.count = kQuickImages;
    }
  }
}

}  // namespace

void note_changes(const Overrides& overrides, Suite& suite) {
  if (overrides.until_margin > 0) suite.until_margin = overrides.until_margin;
  suite.other_images = !overrides.dataset.empty() || overrides.skip >= 0 || overrides.limit >= 0 ||
                       overrides.quick || suite.until_margin > 0;
  std::vector<std::string_view> options;
  if (!overrides.models.empty()) options.emplace_back("--models");
  if (!overrides.precisions.empty()) options.emplace_back("--precisions");
  if (!overrides.modes.empty()) options.emplace_back("--modes");
  if (!overrides.calib_batches.empty()) options.emplace_back("--batches");
  if (!overrides.batch_sizes.empty()) options.emplace_back("--batch-sizes");
  if (!overrides.backends.empty()) options.emplace_back("--backends");
  if (!overrides.threads.empty()) options.emplace_back("--threads");
  if (!overrides.quantized_dtypes.empty()) options.emplace_back("--quantized-dtype");
  if (!overrides.dataset.empty()) options.emplace_back("--dataset");
  suite.narrowed_by = fmt::format("{}", fmt::join(options, ", "));
}

void apply(const Overrides& overrides, Suite& suite) {
  if (overrides.limit == 0) throw Error("--limit: found 0, expected at least 1");
  keep_models(overrides.models, suite.models);
  replace_axes(overrides, suite.axes);
  replace_images(overrides, suite);
  note_changes(overrides, suite);
  suite.measure.pin = suite.measure.pin || overrides.pin;
  if (overrides.quick) {
    suite.measure.warmup_seconds = std::min(suite.measure.warmup_seconds, kQuickWarmupSeconds);
    suite.measure.min_seconds = 0;
    suite.measure.mistrust_noise = false;
    suite.measure.max_seconds = std::min(suite.measure.max_seconds, kQuickSeconds);
    suite.measure.rounds = std::min(suite.measure.rounds, kQuickRounds);
    suite.measure.min_samples = std::min(suite.measure.min_samples, kQuickSamples);
  }
}

}  // namespace qbench
